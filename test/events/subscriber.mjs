// A subscriber of events with the AI SDK: docs/events.md has this code.

import { createMCPClient, experimental_createMCPEventWebhook as createMCPEventWebhook } from '@ai-sdk/mcp';

// Keep subscriptions in a database in production: they have the secret that verifies
// deliveries, and the cursor from which missed events are sent.
export function memoryStore() {
  const kept = new Map();
  return {
    get: async key => kept.get(key),
    getById: async id => [...kept.values()].find(subscription => subscription.id === id),
    set: async subscription => void kept.set(subscription.key, subscription),
    update: async (key, patch) => void kept.set(key, { ...kept.get(key), ...patch }),
    delete: async key => void kept.delete(key),
  };
}

export const connect = (server, key, store) => createMCPClient({
  transport: { type: 'http', url: server, headers: { Authorization: `Bearer ${key}` } },
  experimental_events: { store },
});

// The handler of the callback URL: it takes a Request, and returns a Response.
export const webhook = (store, onEvent) => createMCPEventWebhook({
  store,
  onEvent: async ({ event }) => onEvent(event), // an event may come twice: look at eventId
  onTerminated: async ({ termination }) => console.error(`the subscription has ended: ${termination.error.message}`),
});

// Tell me when a template is approved, or needs to be fixed.
export const followTemplate = (client, url, template, more = {}) => client.experimental_events.subscribe({
  name: 'whatsapp.template.status_changed',
  arguments: { ...template, settled: true },
  delivery: { mode: 'webhook', url, ...more },
  ttlMs: 24 * 60 * 60 * 1000, // call refresh({ id }) before refreshBefore
});
