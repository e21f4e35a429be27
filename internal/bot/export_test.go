package bot

import "wxdesk/internal/conversation"

// Split and WebhookRequest let tests look at what goes over the wire.
var Split = split

// WebhookRequest is what a question becomes.
func WebhookRequest(q conversation.Question) any { return webhookRequestOf(q) }

// WebhookAnswer is the empty answer, to be filled from JSON.
func WebhookAnswer() any { return &webhookAnswer{} }
