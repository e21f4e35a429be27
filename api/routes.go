package api

import (
	"net/http"

	"wxdesk/api/admin"
	"wxdesk/api/desk"
	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/wechat"
)

// route is a row of the route table: an operation of the JSON API, and who may ask for it.
type route web.Operation

// registerOperations is the table of routes and of permissions. A route that is not here does not exist, and a role that is not in a
// row may not use it. The callback endpoint registers its own two routes.
func (a *API) registerOperations() {
	const (
		get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
		ok, created, noContent     = http.StatusOK, http.StatusCreated, http.StatusNoContent
	)
	admins := web.Roles(access.RoleAdmin)
	leaders := web.Roles(access.RoleAdmin, access.RoleSupervisor)
	everyone := web.Roles(access.RoleAdmin, access.RoleSupervisor, access.RoleAgent)
	agents, signedIn, anybody := everyone.Agents(), everyone.SignedIn(), web.Anybody()
	h, m, d, p := a.newHuma(), a.admin, a.desk, a.people

	// What is set up: package admin.
	register(a, h, route{"create-account", post, "/v1/accounts", created, "Set up an official account", admins}, m.CreateAccount)
	register(a, h, route{"list-accounts", get, "/v1/accounts", ok, "List official accounts, oldest first", admins}, m.ListAccounts)
	register(a, h, route{"get-account", get, "/v1/accounts/{id}", ok, "Read an official account", admins}, m.GetAccount)
	register(a, h, route{"change-account", patch, "/v1/accounts/{id}", ok, "Change an official account", admins}, m.ChangeAccount)
	register(a, h, route{"delete-account", del, "/v1/accounts/{id}", noContent, "Remove an official account", admins}, m.DeleteAccount)
	register(a, h, route{"validate-account", post, "/v1/accounts/{id}/validate", ok, "Try out an official account's set-up", admins}, m.ValidateAccount)
	register(a, h, route{"list-callback-sources", get, "/v1/accounts/{id}/callback-sources", ok, "List the addresses that WeChat's callbacks come from", admins}, m.ListCallbackSources)

	register(a, h, route{"create-bot", post, "/v1/bots", created, "Set up a bot", admins}, m.CreateBot)
	register(a, h, route{"list-bots", get, "/v1/bots", ok, "List bots, oldest first", admins}, m.ListBots)
	register(a, h, route{"get-bot", get, "/v1/bots/{id}", ok, "Read a bot", admins}, m.GetBot)
	register(a, h, route{"change-bot", patch, "/v1/bots/{id}", ok, "Change a bot", admins}, m.ChangeBot)
	register(a, h, route{"delete-bot", del, "/v1/bots/{id}", noContent, "Remove a bot that no account is set up with", admins}, m.DeleteBot)

	register(a, h, route{"create-faq-entry", post, "/v1/faq-entries", created, "Teach the FAQ bot an answer", admins}, m.CreateFAQEntry)
	register(a, h, route{"list-faq-entries", get, "/v1/faq-entries", ok, "List what the FAQ bot knows, oldest first", admins}, m.ListFAQEntries)
	register(a, h, route{"get-faq-entry", get, "/v1/faq-entries/{id}", ok, "Read an FAQ entry", admins}, m.GetFAQEntry)
	register(a, h, route{"change-faq-entry", patch, "/v1/faq-entries/{id}", ok, "Change an FAQ entry", admins}, m.ChangeFAQEntry)
	register(a, h, route{"delete-faq-entry", del, "/v1/faq-entries/{id}", noContent, "Remove an FAQ entry", admins}, m.DeleteFAQEntry)

	register(a, h, route{"create-workstream", post, "/v1/workstreams", created, "Set up a workstream", admins}, m.CreateWorkstream)
	register(a, h, route{"list-workstreams", get, "/v1/workstreams", ok, "List workstreams, oldest first", everyone}, m.ListWorkstreams)
	register(a, h, route{"get-workstream", get, "/v1/workstreams/{id}", ok, "Read a workstream", everyone}, m.GetWorkstream)
	register(a, h, route{"change-workstream", patch, "/v1/workstreams/{id}", ok, "Change a workstream", admins}, m.ChangeWorkstream)
	register(a, h, route{"delete-workstream", del, "/v1/workstreams/{id}", noContent, "Remove a workstream that nothing needs", admins}, m.DeleteWorkstream)

	register(a, h, route{"create-queue", post, "/v1/queues", created, "Set up a queue", admins}, m.CreateQueue)
	register(a, h, route{"list-queues", get, "/v1/queues", ok, "List queues, oldest first", everyone}, m.ListQueues)
	register(a, h, route{"get-queue", get, "/v1/queues/{id}", ok, "Read a queue", everyone}, m.GetQueue)
	register(a, h, route{"change-queue", patch, "/v1/queues/{id}", ok, "Change a queue", admins}, m.ChangeQueue)
	register(a, h, route{"delete-queue", del, "/v1/queues/{id}", noContent, "Remove a queue that nothing needs", admins}, m.DeleteQueue)
	register(a, h, route{"get-queue-members", get, "/v1/queues/{id}/members", ok, "Read who belongs to a queue", leaders}, m.GetQueueMembers)
	register(a, h, route{"set-queue-members", put, "/v1/queues/{id}/members", ok, "Say who belongs to a queue", leaders}, m.SetQueueMembers)

	register(a, h, route{"create-operating-hours", post, "/v1/operating-hours", created, "Set up operating hours", admins}, m.CreateHours)
	register(a, h, route{"list-operating-hours", get, "/v1/operating-hours", ok, "List operating hours, oldest first", leaders}, m.ListHours)
	register(a, h, route{"get-operating-hours", get, "/v1/operating-hours/{id}", ok, "Read operating hours", leaders}, m.GetHours)
	register(a, h, route{"change-operating-hours", patch, "/v1/operating-hours/{id}", ok, "Change operating hours", admins}, m.ChangeHours)
	register(a, h, route{"delete-operating-hours", del, "/v1/operating-hours/{id}", noContent, "Remove operating hours that nobody keeps", admins}, m.DeleteHours)

	register(a, h, route{"create-skill", post, "/v1/skills", created, "Set up a skill", admins}, m.CreateSkill)
	register(a, h, route{"list-skills", get, "/v1/skills", ok, "List skills, oldest first", everyone}, m.ListSkills)
	register(a, h, route{"get-skill", get, "/v1/skills/{id}", ok, "Read a skill", everyone}, m.GetSkill)
	register(a, h, route{"change-skill", patch, "/v1/skills/{id}", ok, "Change a skill", admins}, m.ChangeSkill)
	register(a, h, route{"delete-skill", del, "/v1/skills/{id}", noContent, "Remove a skill that nothing needs", admins}, m.DeleteSkill)

	register(a, h, route{"create-capacity-profile", post, "/v1/capacity-profiles", created, "Set up a capacity profile", admins}, m.CreateProfile)
	register(a, h, route{"list-capacity-profiles", get, "/v1/capacity-profiles", ok, "List capacity profiles, oldest first", leaders}, m.ListProfiles)
	register(a, h, route{"get-capacity-profile", get, "/v1/capacity-profiles/{id}", ok, "Read a capacity profile", leaders}, m.GetProfile)
	register(a, h, route{"change-capacity-profile", patch, "/v1/capacity-profiles/{id}", ok, "Change a capacity profile", admins}, m.ChangeProfile)
	register(a, h, route{"delete-capacity-profile", del, "/v1/capacity-profiles/{id}", noContent, "Remove a capacity profile that nothing needs", admins}, m.DeleteProfile)

	register(a, h, route{"create-custom-presence", post, "/v1/custom-presences", created, "Set up a presence with a name of your own", admins}, m.CreateCustomPresence)
	register(a, h, route{"list-custom-presences", get, "/v1/custom-presences", ok, "List custom presences, oldest first", everyone}, m.ListCustomPresences)
	register(a, h, route{"get-custom-presence", get, "/v1/custom-presences/{id}", ok, "Read a custom presence", everyone}, m.GetCustomPresence)
	register(a, h, route{"change-custom-presence", patch, "/v1/custom-presences/{id}", ok, "Change a custom presence", admins}, m.ChangeCustomPresence)
	register(a, h, route{"delete-custom-presence", del, "/v1/custom-presences/{id}", noContent, "Remove a custom presence that nobody shows", admins}, m.DeleteCustomPresence)

	register(a, h, route{"get-settings", get, "/v1/settings", ok, "Read the settings of the whole tenant", leaders}, m.GetSettings)
	register(a, h, route{"change-settings", patch, "/v1/settings", ok, "Change settings of the whole tenant", admins}, m.ChangeSettings)

	register(a, h, route{"create-agent", post, "/v1/agents", created, "Set up an agent", admins}, m.CreateAgent)
	register(a, h, route{"list-agents", get, "/v1/agents", ok, "List agents, oldest first", everyone}, m.ListAgents)
	register(a, h, route{"get-agent", get, "/v1/agents/{id}", ok, "Read an agent", everyone}, m.GetAgent)
	register(a, h, route{"change-agent", patch, "/v1/agents/{id}", ok, "Change an agent", leaders}, m.ChangeAgent)
	register(a, h, route{"delete-agent", del, "/v1/agents/{id}", noContent, "Remove an agent; their work goes back to its queues", admins}, m.DeleteAgent)

	register(a, h, route{"get-customer", get, "/v1/customers/{id}", ok, "Read what routing knows of a customer", everyone}, m.GetCustomer)
	register(a, h, route{"change-customer", patch, "/v1/customers/{id}", ok, "Say which agents a customer prefers, and tag the customer", leaders}, m.ChangeCustomer)

	register(a, h, route{"create-ruleset", post, "/v1/rulesets", created, "Set up a ruleset", admins}, m.CreateRuleset)
	register(a, h, route{"list-rulesets", get, "/v1/rulesets", ok, "List rulesets, oldest first", leaders}, m.ListRulesets)
	register(a, h, route{"get-ruleset", get, "/v1/rulesets/{id}", ok, "Read a ruleset", leaders}, m.GetRuleset)
	register(a, h, route{"change-ruleset", patch, "/v1/rulesets/{id}", ok, "Change a ruleset", admins}, m.ChangeRuleset)
	register(a, h, route{"delete-ruleset", del, "/v1/rulesets/{id}", noContent, "Remove a ruleset", admins}, m.DeleteRuleset)
	register(a, h, route{"list-ruleset-versions", get, "/v1/rulesets/{id}/versions", ok, "List a ruleset's versions, newest first", leaders}, m.ListRulesetVersions)
	register(a, h, route{"save-ruleset-draft", put, "/v1/rulesets/{id}/versions/draft", ok, "Write a ruleset's draft", admins}, m.SaveDraft)
	register(a, h, route{"publish-ruleset", post, "/v1/rulesets/{id}/publish", ok, "Put a ruleset's draft in force", admins}, m.PublishRuleset)
	register(a, h, route{"roll-back-ruleset", post, "/v1/rulesets/{id}/rollback", ok, "Put an earlier version of a ruleset in force", admins}, m.RollBackRuleset)
	register(a, h, route{"try-rulesets", post, "/v1/rulesets/try", ok, "Decide where a sample conversation would go, without effect", leaders}, m.TryRules)
	register(a, h, route{"export-rulesets", get, admin.ExportPath, ok, "Write a workstream's routing as YAML", leaders}, m.ExportRouting)
	register(a, h, route{"import-rulesets", post, "/v1/rulesets/import", ok, "Make drafts of a workstream's routing from YAML", admins}, m.ImportRouting)

	register(a, h, route{"create-token", post, "/v1/tokens", created, "Make an API token; its text is shown once", admins}, m.CreateToken)
	register(a, h, route{"list-tokens", get, "/v1/tokens", ok, "List API tokens, oldest first, without their text", admins}, m.ListTokens)
	register(a, h, route{"revoke-token", del, "/v1/tokens/{id}", noContent, "Revoke an API token", admins}, m.RevokeToken)

	// What agents and supervisors do: package desk.
	register(a, h, route{"list-conversations", get, "/v1/conversations", ok, "List conversations", everyone}, d.ListConversations)
	register(a, h, route{"get-conversation", get, "/v1/conversations/{id}", ok, "Read a conversation", everyone}, d.GetConversation)
	register(a, h, route{"list-messages", get, "/v1/conversations/{id}/messages", ok, "Read what was said, oldest first", everyone}, d.ListMessages)
	register(a, h, route{"read-timeline", get, "/v1/conversations/{id}/timeline", ok, "Read what was said, noted and done", everyone}, d.ReadTimeline)
	register(a, h, route{"list-notes", get, "/v1/conversations/{id}/notes", ok, "Read what was noted for colleagues, oldest first", everyone}, d.ListNotes)
	register(a, h, route{"mark-read", put, "/v1/conversations/{id}/read", noContent, "Say how far you have read", everyone}, d.MarkRead)
	register(a, h, route{"list-targets", get, "/v1/conversations/{id}/targets", ok, "List where you may hand a conversation on to now", everyone}, d.ListTargets)
	register(a, h, route{"list-trace", get, "/v1/conversations/{id}/trace", ok, "Read why it went where it went, oldest first", everyone}, d.ListTrace)

	register(a, h, route{"accept-offer", post, "/v1/conversations/{id}/accept", ok, "Take a conversation that is offered to you", agents}, d.AnswerOffer(command.Accept))
	register(a, h, route{"reject-offer", post, "/v1/conversations/{id}/reject", ok, "Leave an offered conversation to others", agents}, d.AnswerOffer(command.Reject))
	register(a, h, route{"see-offer", post, "/v1/conversations/{id}/seen", noContent, "Say that your desk shows an offer", agents}, d.SeeOffer)
	register(a, h, route{"pick-conversation", post, "/v1/conversations/{id}/pick", ok, "Take a conversation that waits in a queue of yours", agents}, d.CommandWithoutBody(command.Pick))
	register(a, h, route{"reply", post, "/v1/conversations/{id}/reply", ok, "Write to the customer", agents}, d.Write(command.Reply, wechat.MaxTextBytes))
	register(a, h, route{"note", post, "/v1/conversations/{id}/note", ok, "Note something for colleagues", everyone}, d.Write(command.Note, desk.MaxNote))
	register(a, h, route{"transfer-conversation", post, "/v1/conversations/{id}/transfer", ok, "Hand a conversation of yours on to a queue or an agent", agents}, d.Move(command.Transfer))
	register(a, h, route{"put-aside", post, "/v1/conversations/{id}/wait", ok, "Put a conversation aside until a time or until the customer writes", agents}, d.PutAside)
	register(a, h, route{"resume-conversation", post, "/v1/conversations/{id}/resume", ok, "Take back what you have put aside", agents}, d.CommandWithoutBody(command.Resume))
	register(a, h, route{"end-conversation", post, "/v1/conversations/{id}/end", ok, "End the conversation with the customer and wrap up", agents}, d.CommandWithoutBodyAsSeen(command.WrapUp))
	register(a, h, route{"close-conversation", post, "/v1/conversations/{id}/close", ok, "Close a conversation", everyone}, d.CommandWithoutBodyAsSeen(command.Close))
	register(a, h, route{"assign-conversation", post, "/v1/conversations/{id}/assign", ok, "Give a conversation to an agent or to a queue", leaders}, d.Move(command.Assign))
	register(a, h, route{"force-close-conversation", post, "/v1/conversations/{id}/force-close", ok, "Close a conversation, whoever has it", leaders}, d.CommandWithoutBodyAsSeen(command.ForceClose))
	register(a, h, route{"set-context", post, "/v1/conversations/{id}/set-context", ok, "Set context variables", everyone}, d.SetContext)
	register(a, h, route{"set-skills", post, "/v1/conversations/{id}/set-skills", ok, "Say which skills a conversation needs", everyone}, d.SetSkills)
	register(a, h, route{"resend-message", post, "/v1/conversations/{id}/resend", ok, "Send a message again that failed or may have been lost", everyone}, d.Resend)

	register(a, h, route{"get-directory", get, "/v1/directory", ok, "Read the names of what conversations are shown with", everyone}, d.GetDirectory)
	register(a, h, route{"get-my-work", get, "/v1/me/work", ok, "Read what is offered to you, what you have, and what waits for you", agents}, d.GetMyWork)
	register(a, h, route{"get-presence", get, "/v1/agents/{id}/presence", ok, "Read whether an agent is there", everyone}, d.GetPresence)
	register(a, h, route{"set-presence", put, "/v1/agents/{id}/presence", ok, "Say whether you are there; for supervisors: whether an agent is", everyone}, d.PutPresence)

	// What agents and supervisors are told: package events.
	a.registerEvents(h, route{"follow-events", get, "/v1/events", ok, "Follow what happens, as server-sent events", everyone})

	// Who may come in, and what is their own: package people.
	register(a, h, route{"sign-in", post, "/v1/session", ok, "Sign in with a name and a password", anybody}, p.SignIn)
	register(a, h, route{"sign-in-by-link", post, "/v1/session/link", ok, "Sign in once with the code of a link, and choose a password", anybody}, p.SignInByLink)
	register(a, h, route{"sign-out", del, "/v1/session", noContent, "End your session", signedIn}, p.SignOut)
	register(a, h, route{"get-me", get, "/v1/me", ok, "Read who you are and how you stand", everyone}, p.GetMe)
	register(a, h, route{"set-password", put, "/v1/me/password", noContent, "Set a new password", signedIn}, p.SetPassword)
	register(a, h, route{"list-my-sessions", get, "/v1/me/sessions", ok, "List where you are signed in, newest first", signedIn}, p.ListSessions)
	register(a, h, route{"end-my-session", del, "/v1/me/sessions/{id}", noContent, "Sign out somewhere else", signedIn}, p.EndSession)
	register(a, h, route{"change-my-preferences", patch, "/v1/me/preferences", ok, "Choose how your desk works", signedIn}, p.ChangePreferences)
	register(a, h, route{"begin-my-shift", put, "/v1/me/shift", noContent, "Be at work while you have an event stream open", signedIn.Agents()}, p.BeginShift)
	register(a, h, route{"end-my-shift", del, "/v1/me/shift", noContent, "Be at work no more", signedIn.Agents()}, p.EndShift)

	register(a, h, route{"create-user", post, "/v1/users", created, "Set up somebody who signs in", admins}, p.CreateUser)
	register(a, h, route{"list-users", get, "/v1/users", ok, "List who signs in, oldest first", admins}, p.ListUsers)
	register(a, h, route{"get-user", get, "/v1/users/{id}", ok, "Read who signs in", admins}, p.GetUser)
	register(a, h, route{"change-user", patch, "/v1/users/{id}", ok, "Change a user; a change of rights ends their sessions", admins}, p.ChangeUser)
	register(a, h, route{"delete-user", del, "/v1/users/{id}", noContent, "Remove a user", admins}, p.DeleteUser)
	register(a, h, route{"make-sign-in-link", post, "/v1/users/{id}/link", created, "Make a link that signs a user in once, within 15 minutes", admins}, p.MakeLink)

	register(a, h, route{"get-description", get, descriptionPath, ok, "Read this description", everyone}, a.getDescription)

	a.describe(h)
}
