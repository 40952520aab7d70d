import { type Builder, type Offset } from 'flatbuffers';
import { type Field, Kind, type Scalar, type ScalarType, type Table } from './table.js';

/**
 * Writes an object of the table's type in fbs/ in the order in which FlatBuffers' own generated code does, so that the
 * bytes are equal. What the object lacks is absent, or an empty vector.
 *
 * @param written - offsets of what has been written before, by field.
 * @throws TypeError - a required field is missing.
 * @throws RangeError, SyntaxError - what goes into an integer of 64 bits is none.
 */
export function writeTable(
  builder: Builder,
  table: Table,
  object: object,
  written?: Readonly<Record<string, Offset>>,
): Offset {
  const { fields } = table;
  const values = object as Record<string, unknown>;
  // Whatever a table refers to is written before it.
  const offsets = fields.map((field, slot) => {
    if (field.kind === Kind.Scalar) return 0;
    const tag = field.kind === Kind.Union ? (values[fields[slot - 1].name] as number) : 0;
    return written?.[field.name] ?? writePointed(builder, field, tag, values[field.name]);
  });
  builder.startObject(fields.length);
  for (const field of fields) {
    if (field.kind !== Kind.Scalar) builder.addFieldOffset(field.slot, offsets[field.slot], 0);
    else writeField(builder, field, values[field.name] as Scalar | null | undefined);
  }
  const offset = builder.endObject();
  for (const field of fields) {
    if (field.required) builder.requiredField(offset, 4 + 2 * field.slot);
  }
  return offset;
}

/** @returns 0 if there is nothing */
function writePointed(builder: Builder, field: Field, tag: number, value: unknown): Offset {
  switch (field.kind) {
    case Kind.Bytes:
      return builder.createByteVector((value as Uint8Array | undefined) ?? NO_BYTES);
    case Kind.ScalarVector:
      return writeScalars(builder, field, (value as Scalar[] | undefined) ?? []);
    case Kind.StringVector:
      return writeOffsets(
        builder,
        ((value as string[] | undefined) ?? []).map(text => builder.createString(text)),
      );
    case Kind.TableVector:
      return writeOffsets(
        builder,
        ((value as object[] | undefined) ?? []).map(element => writeTable(builder, field.tables[0], element)),
      );
  }
  if (value === undefined || value === null) return 0;
  if (field.kind === Kind.String) return builder.createString(value as string);
  return writeTable(builder, field.tables[field.kind === Kind.Union ? tag - 1 : 0], value);
}

const NO_BYTES = new Uint8Array(0);

/** The last element goes first: a buffer is filled from its end. */
function writeOffsets(builder: Builder, offsets: Offset[]): Offset {
  builder.startVector(4, offsets.length, 4);
  for (let index = offsets.length - 1; index >= 0; index--) builder.addOffset(offsets[index]);
  return builder.endVector();
}

function writeScalars(builder: Builder, { scalar, elementSize }: Field, values: Scalar[]): Offset {
  builder.startVector(elementSize, values.length, elementSize);
  for (let index = values.length - 1; index >= 0; index--) addElement(builder, scalar, values[index]);
  return builder.endVector();
}

function addElement(builder: Builder, type: ScalarType, value: Scalar): void {
  switch (type) {
    case 'bool':
    case 'uint8':
    case 'int8':
      return builder.addInt8(Number(value));
    case 'uint16':
    case 'int16':
      return builder.addInt16(Number(value));
    case 'uint32':
    case 'int32':
      return builder.addInt32(Number(value));
    case 'float':
      return builder.addFloat32(Number(value));
    case 'double':
      return builder.addFloat64(Number(value));
    case 'uint64':
      return builder.addInt64(BigInt(value));
  }
}

/** A value that is its field's default is left out. */
function writeField(builder: Builder, field: Field, value: Scalar | null | undefined): void {
  const scalar = value ?? field.default;
  if (scalar === undefined) return;
  // Nothing equals the null that stands for "no default".
  const missing = field.default === undefined ? null : Number(field.default);
  switch (field.scalar) {
    case 'bool':
    case 'uint8':
    case 'int8':
      return builder.addFieldInt8(field.slot, Number(scalar), missing);
    case 'uint16':
    case 'int16':
      return builder.addFieldInt16(field.slot, Number(scalar), missing);
    case 'uint32':
    case 'int32':
      return builder.addFieldInt32(field.slot, Number(scalar), missing);
    case 'float':
      return builder.addFieldFloat32(field.slot, Number(scalar), missing);
    case 'double':
      return builder.addFieldFloat64(field.slot, Number(scalar), missing);
    case 'uint64':
      return builder.addFieldInt64(field.slot, BigInt(scalar), field.default === undefined ? null : 0n);
  }
}
