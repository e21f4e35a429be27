package api

import (
	"net/http"

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
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

		get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
		ok, created, noContent     = http.StatusOK, http.StatusCreated, http.StatusNoContent
	)
	admins := []conversation.Role{admin}
	leaders := []conversation.Role{admin, supervisor}
	people := []conversation.Role{admin, supervisor, agent}
	agents := []conversation.Role{agent}

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

	register(a, h, operation{"create-workstream", post, "/v1/workstreams", created, "Set up a workstream", admins}, a.createWorkstream)
	register(a, h, operation{"list-workstreams", get, "/v1/workstreams", ok, "List workstreams, oldest first", people}, a.listWorkstreams)
	register(a, h, operation{"get-workstream", get, "/v1/workstreams/{id}", ok, "Read a workstream", people}, a.getWorkstream)
	register(a, h, operation{"change-workstream", patch, "/v1/workstreams/{id}", ok, "Change a workstream", admins}, a.changeWorkstream)
	register(a, h, operation{"delete-workstream", del, "/v1/workstreams/{id}", noContent, "Remove a workstream that nothing needs", admins}, a.deleteWorkstream)

	register(a, h, operation{"create-queue", post, "/v1/queues", created, "Set up a queue", admins}, a.createQueue)
	register(a, h, operation{"list-queues", get, "/v1/queues", ok, "List queues, oldest first", people}, a.listQueues)
	register(a, h, operation{"get-queue", get, "/v1/queues/{id}", ok, "Read a queue", people}, a.getQueue)
	register(a, h, operation{"change-queue", patch, "/v1/queues/{id}", ok, "Change a queue", admins}, a.changeQueue)
	register(a, h, operation{"delete-queue", del, "/v1/queues/{id}", noContent, "Remove a queue that nothing needs", admins}, a.deleteQueue)
	register(a, h, operation{"get-queue-members", get, "/v1/queues/{id}/members", ok, "Read who belongs to a queue", leaders}, a.getQueueMembers)
	register(a, h, operation{"set-queue-members", put, "/v1/queues/{id}/members", ok, "Say who belongs to a queue", leaders}, a.setQueueMembers)

	register(a, h, operation{"create-operating-hours", post, "/v1/operating-hours", created, "Set up operating hours", admins}, a.createHours)
	register(a, h, operation{"list-operating-hours", get, "/v1/operating-hours", ok, "List operating hours, oldest first", leaders}, a.listHours)
	register(a, h, operation{"get-operating-hours", get, "/v1/operating-hours/{id}", ok, "Read operating hours", leaders}, a.getHours)
	register(a, h, operation{"change-operating-hours", patch, "/v1/operating-hours/{id}", ok, "Change operating hours", admins}, a.changeHours)
	register(a, h, operation{"delete-operating-hours", del, "/v1/operating-hours/{id}", noContent, "Remove operating hours that nobody keeps", admins}, a.deleteHours)

	register(a, h, operation{"create-skill", post, "/v1/skills", created, "Set up a skill", admins}, a.createSkill)
	register(a, h, operation{"list-skills", get, "/v1/skills", ok, "List skills, oldest first", people}, a.listSkills)
	register(a, h, operation{"get-skill", get, "/v1/skills/{id}", ok, "Read a skill", people}, a.getSkill)
	register(a, h, operation{"change-skill", patch, "/v1/skills/{id}", ok, "Change a skill", admins}, a.changeSkill)
	register(a, h, operation{"delete-skill", del, "/v1/skills/{id}", noContent, "Remove a skill that nothing needs", admins}, a.deleteSkill)

	register(a, h, operation{"create-capacity-profile", post, "/v1/capacity-profiles", created, "Set up a capacity profile", admins}, a.createProfile)
	register(a, h, operation{"list-capacity-profiles", get, "/v1/capacity-profiles", ok, "List capacity profiles, oldest first", leaders}, a.listProfiles)
	register(a, h, operation{"get-capacity-profile", get, "/v1/capacity-profiles/{id}", ok, "Read a capacity profile", leaders}, a.getProfile)
	register(a, h, operation{"change-capacity-profile", patch, "/v1/capacity-profiles/{id}", ok, "Change a capacity profile", admins}, a.changeProfile)
	register(a, h, operation{"delete-capacity-profile", del, "/v1/capacity-profiles/{id}", noContent, "Remove a capacity profile that nothing needs", admins}, a.deleteProfile)

	register(a, h, operation{"create-custom-presence", post, "/v1/custom-presences", created, "Set up a presence with a name of your own", admins}, a.createCustomPresence)
	register(a, h, operation{"list-custom-presences", get, "/v1/custom-presences", ok, "List custom presences, oldest first", people}, a.listCustomPresences)
	register(a, h, operation{"get-custom-presence", get, "/v1/custom-presences/{id}", ok, "Read a custom presence", people}, a.getCustomPresence)
	register(a, h, operation{"change-custom-presence", patch, "/v1/custom-presences/{id}", ok, "Change a custom presence", admins}, a.changeCustomPresence)
	register(a, h, operation{"delete-custom-presence", del, "/v1/custom-presences/{id}", noContent, "Remove a custom presence that nobody shows", admins}, a.deleteCustomPresence)

	register(a, h, operation{"get-settings", get, "/v1/settings", ok, "Read the settings of the whole tenant", leaders}, a.getSettings)
	register(a, h, operation{"change-settings", patch, "/v1/settings", ok, "Change settings of the whole tenant", admins}, a.changeSettings)

	register(a, h, operation{"create-agent", post, "/v1/agents", created, "Set up an agent", admins}, a.createAgent)
	register(a, h, operation{"list-agents", get, "/v1/agents", ok, "List agents, oldest first", people}, a.listAgents)
	register(a, h, operation{"get-agent", get, "/v1/agents/{id}", ok, "Read an agent", people}, a.getAgent)
	register(a, h, operation{"change-agent", patch, "/v1/agents/{id}", ok, "Change an agent", leaders}, a.changeAgent)
	register(a, h, operation{"delete-agent", del, "/v1/agents/{id}", noContent, "Remove an agent; what he has goes back to its queues", admins}, a.deleteAgent)

	register(a, h, operation{"get-customer", get, "/v1/customers/{id}", ok, "Read what routing knows of a customer", leaders}, a.getCustomer)
	register(a, h, operation{"change-customer", patch, "/v1/customers/{id}", ok, "Say which agents a customer prefers, and tag him", leaders}, a.changeCustomer)

	register(a, h, operation{"create-ruleset", post, "/v1/rulesets", created, "Set up a ruleset", admins}, a.createRuleset)
	register(a, h, operation{"list-rulesets", get, "/v1/rulesets", ok, "List rulesets, oldest first", leaders}, a.listRulesets)
	register(a, h, operation{"get-ruleset", get, "/v1/rulesets/{id}", ok, "Read a ruleset", leaders}, a.getRuleset)
	register(a, h, operation{"change-ruleset", patch, "/v1/rulesets/{id}", ok, "Change a ruleset", admins}, a.changeRuleset)
	register(a, h, operation{"delete-ruleset", del, "/v1/rulesets/{id}", noContent, "Remove a ruleset", admins}, a.deleteRuleset)
	register(a, h, operation{"list-ruleset-versions", get, "/v1/rulesets/{id}/versions", ok, "List a ruleset's versions, newest first", leaders}, a.listRulesetVersions)
	register(a, h, operation{"save-ruleset-draft", put, "/v1/rulesets/{id}/versions/draft", ok, "Write a ruleset's draft", admins}, a.saveDraft)
	register(a, h, operation{"publish-ruleset", post, "/v1/rulesets/{id}/publish", ok, "Put a ruleset's draft in force", admins}, a.publishRuleset)
	register(a, h, operation{"roll-back-ruleset", post, "/v1/rulesets/{id}/rollback", ok, "Put an earlier version of a ruleset in force", admins}, a.rollBackRuleset)
	register(a, h, operation{"try-rulesets", post, "/v1/rulesets/try", ok, "Decide where a sample conversation would go, without effect", leaders}, a.tryRules)
	register(a, h, operation{"export-rulesets", get, exportPath, ok, "Write a workstream's routing as YAML", leaders}, a.exportRouting)
	register(a, h, operation{"import-rulesets", post, "/v1/rulesets/import", ok, "Make drafts of a workstream's routing from YAML", admins}, a.importRouting)

	register(a, h, operation{"list-conversations", get, "/v1/conversations", ok, "List conversations, newest first", people}, a.listConversations)
	register(a, h, operation{"get-conversation", get, "/v1/conversations/{id}", ok, "Read a conversation", people}, a.getConversation)
	register(a, h, operation{"list-messages", get, "/v1/conversations/{id}/messages", ok, "Read what was said, oldest first", people}, a.listMessages)
	register(a, h, operation{"list-notes", get, "/v1/conversations/{id}/notes", ok, "Read what was noted for colleagues, oldest first", people}, a.listNotes)
	register(a, h, operation{"list-targets", get, "/v1/conversations/{id}/targets", ok, "List where you may hand a conversation on to now", people}, a.listTargets)
	register(a, h, operation{"list-trace", get, "/v1/conversations/{id}/trace", ok, "Read why it went where it went, oldest first", people}, a.listTrace)

	register(a, h, operation{"accept-offer", post, "/v1/conversations/{id}/accept", ok, "Take a conversation that is offered to you", agents}, a.answerOffer(conversation.CommandAccept))
	register(a, h, operation{"reject-offer", post, "/v1/conversations/{id}/reject", ok, "Leave an offered conversation to others", agents}, a.answerOffer(conversation.CommandReject))
	register(a, h, operation{"pick-conversation", post, "/v1/conversations/{id}/pick", ok, "Take a conversation that waits in a queue of yours", agents}, a.plain(conversation.CommandPick))
	register(a, h, operation{"reply", post, "/v1/conversations/{id}/reply", ok, "Write to the customer", agents}, a.write(conversation.CommandReply, wechat.MaxTextBytes))
	register(a, h, operation{"note", post, "/v1/conversations/{id}/note", ok, "Note something for colleagues", people}, a.write(conversation.CommandNote, maxNote))
	register(a, h, operation{"transfer-conversation", post, "/v1/conversations/{id}/transfer", ok, "Hand a conversation of yours on to a queue or an agent", agents}, a.move(conversation.CommandTransfer))
	register(a, h, operation{"put-aside", post, "/v1/conversations/{id}/wait", ok, "Put a conversation aside until a time or until the customer writes", agents}, a.wait)
	register(a, h, operation{"resume-conversation", post, "/v1/conversations/{id}/resume", ok, "Take back what you have put aside", agents}, a.plain(conversation.CommandResume))
	register(a, h, operation{"end-conversation", post, "/v1/conversations/{id}/end", ok, "End the talk and wrap up", agents}, a.plainAsSeen(conversation.CommandWrapUp))
	register(a, h, operation{"close-conversation", post, "/v1/conversations/{id}/close", ok, "Close a conversation", people}, a.plainAsSeen(conversation.CommandClose))
	register(a, h, operation{"assign-conversation", post, "/v1/conversations/{id}/assign", ok, "Give a conversation to an agent or to a queue", leaders}, a.move(conversation.CommandAssign))
	register(a, h, operation{"force-close-conversation", post, "/v1/conversations/{id}/force-close", ok, "Close a conversation, whoever has it", leaders}, a.plainAsSeen(conversation.CommandForceClose))
	register(a, h, operation{"set-context", post, "/v1/conversations/{id}/set-context", ok, "Set context variables", people}, a.setContext)
	register(a, h, operation{"set-skills", post, "/v1/conversations/{id}/set-skills", ok, "Say which skills a conversation needs", people}, a.setSkills)
	register(a, h, operation{"resend-message", post, "/v1/conversations/{id}/resend", ok, "Send a message again that failed or may have been lost", people}, a.resend)

	register(a, h, operation{"list-tokens", get, "/v1/tokens", ok, "List API tokens, oldest first, without their text", admins}, a.listTokens)
	register(a, h, operation{"revoke-token", del, "/v1/tokens/{id}", noContent, "Revoke an API token", admins}, a.revokeToken)

	register(a, h, operation{"get-me", get, "/v1/me", ok, "Read who you are and how you stand", people}, a.getMe)
	register(a, h, operation{"get-my-work", get, "/v1/me/work", ok, "Read what is offered to you, what you have, and what waits for you", agents}, a.getMyWork)
	register(a, h, operation{"get-presence", get, "/v1/agents/{id}/presence", ok, "Read whether an agent is there", people}, a.getPresence)
	register(a, h, operation{"set-presence", put, "/v1/agents/{id}/presence", ok, "Say whether you are there; for supervisors: whether an agent is", people}, a.putPresence)
	a.registerEvents(h, operation{"follow-events", get, "/v1/events", ok, "Follow what happens, as server-sent events", people})

	a.describe(h)
}
