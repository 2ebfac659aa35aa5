// Strict function calling: a client that converts a tool's schema to it closes each
// object, so that the model can give no argument that the list does not name. OpenAI's
// agents convert with mcpToFunctionTool.

import { mcpToFunctionTool } from '@openai/agents-core';

const server = { name: 'papi-mcp' };

// closes reports whether the conversion closes the schema of a tool anywhere, whether
// the client asks for strict schemas or converts those that it can.
export function closes(tool) {
  return [true, false].some(strict => {
    const { warn } = console;
    console.warn = () => {}; // it warns of each schema that stays open
    try {
      const converted = mcpToFunctionTool(tool, server, strict);
      return converted.strict || hasClosed(converted.parameters);
    } finally {
      console.warn = warn;
    }
  });
}

function hasClosed(schema) {
  if (typeof schema !== 'object' || schema === null) return false;
  return schema.additionalProperties === false || Object.values(schema).some(hasClosed);
}
