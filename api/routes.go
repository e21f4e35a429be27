package api

import (
	"net/http"

	"wxdesk/internal/conversation"
)

// operation is one thing that the JSON API can do, and who may ask for it.
type operation struct {
	id      string
	method  string
	path    string
	status  int // of success
	summary string
	may     []conversation.Role
}

// registerOperations is the route table of the JSON API and its policy at once: what is not here does not exist, and who
// does not stand in a row may not.
func (a *API) registerOperations() {
	const (
		admin      = conversation.RoleAdmin
		supervisor = conversation.RoleSupervisor
		agent      = conversation.RoleAgent

		get, post, patch, del  = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
		ok, created, noContent = http.StatusOK, http.StatusCreated, http.StatusNoContent
	)
	admins := []conversation.Role{admin}
	people := []conversation.Role{admin, supervisor, agent}

	h := a.newHuma()
	register(a, h, operation{"create-account", post, "/v1/accounts", created, "Set up an official account", admins}, a.createAccount)
	register(a, h, operation{"list-accounts", get, "/v1/accounts", ok, "List official accounts, oldest first", admins}, a.listAccounts)
	register(a, h, operation{"get-account", get, "/v1/accounts/{id}", ok, "Read an official account", admins}, a.getAccount)
	register(a, h, operation{"change-account", patch, "/v1/accounts/{id}", ok, "Change an official account", admins}, a.changeAccount)
	register(a, h, operation{"delete-account", del, "/v1/accounts/{id}", noContent, "Remove an official account", admins}, a.deleteAccount)
	register(a, h, operation{"validate-account", post, "/v1/accounts/{id}/validate", ok, "Try out an official account's set-up", admins}, a.validateAccount)
	register(a, h, operation{"list-callback-sources", get, "/v1/accounts/{id}/callback-sources", ok, "List the addresses that WeChat's callbacks come from", admins}, a.listCallbackSources)

	register(a, h, operation{"create-bot", post, "/v1/bots", created, "Set up a bot", admins}, a.createBot)
	register(a, h, operation{"list-bots", get, "/v1/bots", ok, "List bots, oldest first", admins}, a.listBots)
	register(a, h, operation{"get-bot", get, "/v1/bots/{id}", ok, "Read a bot", admins}, a.getBot)
	register(a, h, operation{"change-bot", patch, "/v1/bots/{id}", ok, "Change a bot", admins}, a.changeBot)
	register(a, h, operation{"delete-bot", del, "/v1/bots/{id}", noContent, "Remove a bot that no account is set up with", admins}, a.deleteBot)

	register(a, h, operation{"create-faq-entry", post, "/v1/faq-entries", created, "Teach the FAQ bot an answer", admins}, a.createFAQEntry)
	register(a, h, operation{"list-faq-entries", get, "/v1/faq-entries", ok, "List what the FAQ bot knows, oldest first", admins}, a.listFAQEntries)
	register(a, h, operation{"get-faq-entry", get, "/v1/faq-entries/{id}", ok, "Read an FAQ entry", admins}, a.getFAQEntry)
	register(a, h, operation{"change-faq-entry", patch, "/v1/faq-entries/{id}", ok, "Change an FAQ entry", admins}, a.changeFAQEntry)
	register(a, h, operation{"delete-faq-entry", del, "/v1/faq-entries/{id}", noContent, "Remove an FAQ entry", admins}, a.deleteFAQEntry)

	register(a, h, operation{"list-conversations", get, "/v1/conversations", ok, "List conversations, newest first", people}, a.listConversations)
	register(a, h, operation{"get-conversation", get, "/v1/conversations/{id}", ok, "Read a conversation", people}, a.getConversation)
	register(a, h, operation{"list-messages", get, "/v1/conversations/{id}/messages", ok, "Read what was said, oldest first", people}, a.listMessages)
	register(a, h, operation{"close-conversation", post, "/v1/conversations/{id}/close", ok, "End a conversation", people}, a.closeConversation)

	a.describe(h)
}
