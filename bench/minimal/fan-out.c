/*
 * The yardstick: what a plain C program takes to send RTP packets of one payload to N sockets, each under a header, an SSRC
 * and keys of its own. No RTCP, no congestion control, no receiving: what every SFU has to do, and nothing else.
 *
 *     gcc -O2 -o fan-out fan-out.c -lcrypto
 *     ./fan-out plain|CM|GCM PAYLOAD ROUNDS PORT ...      prints the CPU time per packet, microseconds
 */
#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { HEADER = 12, CM_TAG = 10, GCM_TAG = 16, WARM_UP = 20 };
enum suite { PLAIN, CM, GCM };

struct receiver {
  struct sockaddr_in address;
  EVP_CIPHER_CTX *cipher;
  EVP_MAC_CTX *mac;
  unsigned char salt[16];
  unsigned ssrc, rollover_counter;
  unsigned short sequence_number;
};

static void put32(unsigned char *to, unsigned value) {
  for (int i = 0; i < 4; i++) to[i] = value >> (24 - 8 * i);
}

static void set_up(struct receiver *receiver, enum suite suite, EVP_MAC *hmac, int port) {
  unsigned char key[20];
  RAND_bytes(key, sizeof key);
  RAND_bytes(receiver->salt, suite == GCM ? 12 : 14);
  RAND_bytes((unsigned char *)&receiver->ssrc, sizeof receiver->ssrc);
  receiver->address.sin_family = AF_INET;
  receiver->address.sin_port = htons(port);
  receiver->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (suite == PLAIN) return;
  receiver->cipher = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(receiver->cipher, suite == GCM ? EVP_aes_128_gcm() : EVP_aes_128_ctr(), NULL, key, receiver->salt);
  if (suite == GCM) return;
  OSSL_PARAM digest[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA1", 0), OSSL_PARAM_construct_end()};
  receiver->mac = EVP_MAC_CTX_new(hmac);
  EVP_MAC_init(receiver->mac, key, sizeof key, digest);
}

/* RFC 3711, RFC 7714. Returns the length of the protected packet. */
static int protect(struct receiver *receiver, enum suite suite, unsigned char *packet, int length) {
  if (suite == PLAIN) return length;
  unsigned char iv[16], index[6];
  put32(index, receiver->rollover_counter);
  index[4] = receiver->sequence_number >> 8;
  index[5] = receiver->sequence_number;
  memcpy(iv, receiver->salt, sizeof iv);
  for (int i = 0; i < 4; i++) iv[(suite == GCM ? 2 : 4) + i] ^= packet[8 + i];
  for (int i = 0; i < 6; i++) iv[(suite == GCM ? 6 : 8) + i] ^= index[i];
  EVP_EncryptInit_ex(receiver->cipher, NULL, NULL, NULL, iv);
  int written;
  if (suite == GCM) EVP_EncryptUpdate(receiver->cipher, NULL, &written, packet, HEADER);
  EVP_EncryptUpdate(receiver->cipher, packet + HEADER, &written, packet + HEADER, length - HEADER);
  if (suite == GCM) {
    EVP_EncryptFinal_ex(receiver->cipher, packet + length, &written);
    EVP_CIPHER_CTX_ctrl(receiver->cipher, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, packet + length);
    return length + GCM_TAG;
  }
  unsigned char tag[20];
  size_t tag_length;
  EVP_MAC_init(receiver->mac, NULL, 0, NULL);
  EVP_MAC_update(receiver->mac, packet, length);
  EVP_MAC_update(receiver->mac, index, 4);
  EVP_MAC_final(receiver->mac, tag, &tag_length, sizeof tag);
  memcpy(packet + length, tag, CM_TAG);
  return length + CM_TAG;
}

static double cpu_time(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

int main(int argc, char **argv) {
  if (argc < 5) return 1;
  enum suite suite = !strcmp(argv[1], "GCM") ? GCM : !strcmp(argv[1], "CM") ? CM : PLAIN;
  int payload = atoi(argv[2]), rounds = atoi(argv[3]), count = argc - 4, buffer = 1 << 22;
  struct receiver *receivers = calloc(count, sizeof *receivers);
  EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  int socket_fd = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(socket_fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  for (int i = 0; i < count; i++) set_up(&receivers[i], suite, hmac, atoi(argv[4 + i]));
  static unsigned char source[2048], packet[2048];
  memset(source, 0x5a, sizeof source);
  double start = 0;
  for (int round = -WARM_UP; round < rounds; round++) {
    if (round == 0) start = cpu_time();
    for (int i = 0; i < count; i++) {
      struct receiver *receiver = &receivers[i];
      packet[0] = 0x80;
      packet[1] = 101;
      packet[2] = receiver->sequence_number >> 8;
      packet[3] = receiver->sequence_number;
      put32(packet + 4, round * 3000);
      put32(packet + 8, receiver->ssrc);
      memcpy(packet + HEADER, source, payload);
      struct iovec part = {packet, protect(receiver, suite, packet, HEADER + payload)};
      struct msghdr message = {&receiver->address, sizeof receiver->address, &part, 1, NULL, 0, 0};
      if (sendmsg(socket_fd, &message, 0) < 0) return 2;
      if (++receiver->sequence_number == 0) receiver->rollover_counter++;
    }
  }
  printf("%.4f\n", (cpu_time() - start) / rounds / count);
  return 0;
}
