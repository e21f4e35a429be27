package command

// Kind names what a person asks of a conversation.
type Kind string

// The commands. Their spelling is that of the API's paths.
const (
	Accept     Kind = "accept"      // an offer
	Reject     Kind = "reject"      // an offer
	Seen       Kind = "seen"        // an offer: the agent's desk shows it
	Pick       Kind = "pick"        // an open conversation, without an offer
	Reply      Kind = "reply"       // to the customer
	Note       Kind = "note"        // for colleagues
	Transfer   Kind = "transfer"    // to a queue or to an agent
	Wait       Kind = "wait"        // put aside, until a time or until the customer writes
	Resume     Kind = "resume"      // take back what was put aside
	WrapUp     Kind = "end"         // the conversation with the customer is over: wrap up
	Close      Kind = "close"       // closed by its agent, or by a supervisor
	Assign     Kind = "assign"      // a supervisor's: to an agent or to a queue
	ForceClose Kind = "force-close" // a supervisor's
	SetContext Kind = "set-context" // context variables
	SetSkills  Kind = "set-skills"  // which skills the conversation needs
	Resend     Kind = "resend"      // a message that failed or of which nothing is known
)
