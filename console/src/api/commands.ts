import { api, got } from "./client";
import type { Conversation } from "./model";

const tag = (c: Conversation) => `"${c.revision}"`;
const path = (id: string) => ({ path: { id } });

/** newKey is an Idempotency-Key: one for each thing that a person wants done, however often the request is sent. */
export const newKey = (): string => crypto.randomUUID();

/** What an agent does with a conversation. Each sends one request; a key given twice is done once. */
export const commands = {
  accept: (id: string, assignment: string, key: string) =>
    got(
      api.POST("/v1/conversations/{id}/accept", {
        params: { ...path(id), header: { "Idempotency-Key": key } },
        body: { assignment_id: assignment },
      }),
    ),
  decline: (id: string, assignment: string, key: string) =>
    got(
      api.POST("/v1/conversations/{id}/reject", {
        params: { ...path(id), header: { "Idempotency-Key": key } },
        body: { assignment_id: assignment },
      }),
    ),
  pick: (id: string, key: string) =>
    got(api.POST("/v1/conversations/{id}/pick", { params: { ...path(id), header: { "Idempotency-Key": key } } })),
  reply: (id: string, text: string, key: string) =>
    got(
      api.POST("/v1/conversations/{id}/reply", { params: { ...path(id), header: { "Idempotency-Key": key } }, body: { text } }),
    ),
  note: (id: string, text: string, key: string) =>
    got(api.POST("/v1/conversations/{id}/note", { params: { ...path(id), header: { "Idempotency-Key": key } }, body: { text } })),
  resend: (id: string, message: string, key: string) =>
    got(
      api.POST("/v1/conversations/{id}/resend", {
        params: { ...path(id), header: { "Idempotency-Key": key } },
        body: { message_id: message },
      }),
    ),
  putAside: (c: Conversation, until: string | null, key: string) =>
    got(
      api.POST("/v1/conversations/{id}/wait", {
        params: { ...path(c.id), header: { "Idempotency-Key": key, "If-Match": tag(c) } },
        body: { until },
      }),
    ),
  resume: (c: Conversation, key: string) =>
    got(api.POST("/v1/conversations/{id}/resume", { params: { ...path(c.id), header: { "Idempotency-Key": key } } })),
  end: (c: Conversation, key: string) =>
    got(
      api.POST("/v1/conversations/{id}/end", {
        params: { ...path(c.id), header: { "Idempotency-Key": key, "If-Match": tag(c) } },
      }),
    ),
  close: (c: Conversation, key: string) =>
    got(
      api.POST("/v1/conversations/{id}/close", {
        params: { ...path(c.id), header: { "Idempotency-Key": key, "If-Match": tag(c) } },
      }),
    ),
};
