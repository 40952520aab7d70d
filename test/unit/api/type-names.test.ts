import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const reference = path.dirname(createRequire(import.meta.url).resolve('mediasoup'));

it('every type that the reference exports exists, with the same number of type parameters', () => {
  const files = ['types', 'ortc', 'extras', 'errors'].map(name => ({
    name,
    ours: path.join(root, `src/${name}.ts`),
    theirs: path.join(reference, `${name}.d.ts`),
  }));
  const program = ts.createProgram(
    files.flatMap(({ ours, theirs }) => [ours, theirs]),
    { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true, types: ['node'] },
  );
  const checker = program.getTypeChecker();
  const exported = (file: string): string[] =>
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!).map(symbol => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const declaration = target.declarations?.[0] as { typeParameters?: unknown[] } | undefined;
      return `${symbol.name} ${declaration?.typeParameters?.length ?? 0}`;
    });

  for (const { name, ours, theirs } of files) {
    const names = exported(theirs);
    expect(names.length, name).toBeGreaterThan(1);
    expect(
      names.filter(one => !exported(ours).includes(one)),
      name,
    ).toEqual([]);
  }
}, 60_000);
