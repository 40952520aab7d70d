import tseslint from 'typescript-eslint';

// Whatever reads a clock, starts a timer or draws random numbers belongs into src/io (see ARCHITECTURE.md).
const outsideWorld = [
  { name: 'setTimeout', message: 'Time is passed in; timers live in src/io.' },
  { name: 'setInterval', message: 'Time is passed in; timers live in src/io.' },
  { name: 'performance', message: 'Time is passed in as `now`.' },
  { name: 'Date', message: 'Time is passed in as `now`.' },
];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'src/srtp/kernel/assembly/', 'test/fixtures/', 'test/results/'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts', '*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./src/tsconfig.json', './test/tsconfig.json', './examples/conference/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/{common,rtp,bwe,ice,dtls,srtp,sctp,worker}/**/*.ts'],
    ignores: ['src/worker/{thread,process}.ts'],
    rules: {
      'no-restricted-globals': ['error', ...outsideWorld],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Random is passed in.' }],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'off',
    },
  },
);
