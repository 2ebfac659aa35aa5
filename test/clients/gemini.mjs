// The schemas that Gemini takes of a tool: a subset of OpenAPI's, where a schema has
// one type. A client that maps tools onto it refuses what it can't map, or drops it.

const keywords = {
  any: ['type', 'description', 'title', 'default', 'format', 'enum'],
  object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
  array: ['items', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'pattern'],
  number: ['minimum', 'maximum'],
  integer: ['minimum', 'maximum'],
  boolean: [],
};
const formats = ['enum', 'date-time'];

// geminiProblems returns what is wrong with a schema, each with its path.
export function geminiProblems(schema, path = 'inputSchema') {
  const problems = [];
  const wrong = text => problems.push(`${path}: ${text}`);
  const known = keywords[schema?.type];
  if (!known) return [`${path}: the type is ${JSON.stringify(schema?.type)}`];

  for (const keyword of Object.keys(schema)) {
    if (![...keywords.any, ...known].includes(keyword)) wrong(`${keyword} of ${schema.type}`);
  }
  if ('format' in schema && !formats.includes(schema.format)) wrong(`the format ${schema.format}`);
  if ('enum' in schema && (schema.type !== 'string' || schema.enum.length === 0 || schema.enum.some(value => typeof value !== 'string' || value === ''))) {
    wrong(`the enum ${JSON.stringify(schema.enum)}`);
  }
  if (schema.type === 'object') {
    const properties = Object.entries(schema.properties ?? {});
    if (properties.length === 0) wrong('an object without properties');
    for (const name of schema.required ?? []) {
      if (!(name in (schema.properties ?? {}))) wrong(`${name} is required and not a property`);
    }
    if (typeof (schema.additionalProperties ?? true) !== 'boolean') wrong('additionalProperties is a schema');
    problems.push(...properties.flatMap(([name, property]) => geminiProblems(property, `${path}.${name}`)));
  }
  if (schema.type === 'array') problems.push(...geminiProblems(schema.items, `${path}[]`));
  return problems;
}
