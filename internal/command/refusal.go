package command

// Refusal says why a command was not done. It is stable, and the type of the problem that the API answers with.
type Refusal string

// The refusals.
const (
	RefusedNotYours     Refusal = "not-your-conversation"    // 404 or 409: somebody else's
	RefusedClosed       Refusal = "conversation-closed"      // 409
	RefusedState        Refusal = "wrong-state"              // 409: not possible in this state
	RefusedStale        Refusal = "stale-version"            // 412: IfRevision is not the conversation's
	RefusedOfferOver    Refusal = "offer-over"               // 409: taken by another, withdrawn, or too late
	RefusedCapacity     Refusal = "at-capacity"              // 409: a pick at capacity
	RefusedPresence     Refusal = "presence-not-allowed"     // 409: offline, or a presence that takes no work
	RefusedSkill        Refusal = "skill-missing"            // 409
	RefusedTarget       Refusal = "target-unusable"          // 422: unknown, disabled, closed now, or oneself
	RefusedWindow       Refusal = "reply-window-closed"      // 409: WeChat takes nothing for this customer any more
	RefusedAllowance    Refusal = "reply-allowance-spent"    // 409: by our count WeChat takes no further message
	RefusedVariable     Refusal = "unknown-context-variable" // 422
	RefusedUnknownSkill Refusal = "unknown-skill"            // 422
	RefusedText         Refusal = "text-unusable"            // 422
	RefusedDelivered    Refusal = "message-not-resendable"   // 409: it is on its way or has arrived
	RefusedNotAllowed   Refusal = "not-allowed"              // 403: not for this role
)
