// What a server offers besides tools: prompts, resources and completions.

import assert from 'node:assert/strict';

export async function seesTheLibrary(client) {
  const { prompts } = await client.listPrompts();
  const prompt = prompts.find(({ name }) => name === 'fix_rejected_template');
  assert.ok(prompt?.description && prompt.title, `no prompt to fix a template in ${prompts.map(({ name }) => name)}`);
  assert.deepEqual(prompt.arguments.filter(({ required }) => required).map(({ name }) => name), ['templateName']);
  const { messages } = await client.getPrompt({ name: prompt.name, arguments: { templateName: 'hello', languageCode: 'EN' } });
  assert.match(messages[0].content.text, /hello in EN/);
  await assert.rejects(client.getPrompt({ name: prompt.name, arguments: {} }), /needs the argument templateName/);

  const { resources } = await client.listResources();
  assert.ok(resources.some(({ uri }) => uri === 'papi://guides/rcs'), 'no guide to RCS');
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.ok(resourceTemplates.some(({ uriTemplate }) => uriTemplate === 'papi://errors/{code}'), 'no error pages');
  const { contents } = await client.readResource({ uri: 'papi://errors/webhook_exists' });
  assert.match(contents[0].text, /^# webhook_exists\n/);
  await assert.rejects(client.readResource({ uri: 'papi://guides/fax' }), /no guide/);

  const completed = async (ref, name, value) => (await client.complete({ ref, argument: { name, value } })).completion.values;
  assert.deepEqual(await completed({ type: 'ref/prompt', name: 'provision_channel' }, 'family', 'r'), ['rcs']);
  assert.deepEqual(await completed({ type: 'ref/resource', uri: 'papi://errors/{code}' }, 'code', 'webhook_e'), ['webhook_exists']);
  assert.deepEqual(await completed({ type: 'ref/prompt', name: 'unknown' }, 'x', ''), []);
}
