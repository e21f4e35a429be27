package routing

// Named is a part of the set-up with the name that desks show for its id.
type Named struct {
	Kind    NamedKind
	ID      string
	Name    string
	Removed bool // it is no longer in use; old conversations still name it
}

// NamedKind says what is named.
type NamedKind string

// What desks show by name.
const (
	NamedAccount        NamedKind = "account"
	NamedWorkstream     NamedKind = "workstream"
	NamedQueue          NamedKind = "queue"
	NamedAgent          NamedKind = "agent"
	NamedSkill          NamedKind = "skill"
	NamedBot            NamedKind = "bot"
	NamedCustomPresence NamedKind = "custom_presence"
)
