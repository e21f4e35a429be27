package lifecycle_test

import (
	"maps"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

const (
	li, zhao, bo = conversation.AgentID("li"), conversation.AgentID("zhao"), conversation.AgentID("bo")
	tea, returns = conversation.QueueID("tea"), conversation.QueueID("returns")
	minute       = time.Minute
)

var (
	noon       = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	supervisor = access.Principal{TokenID: "token", Role: access.RoleSupervisor}
)

func agent(id conversation.AgentID) access.Principal {
	return access.Principal{TokenID: "token of " + string(id), Role: access.RoleAgent, AgentID: id}
}

// free is an agent who is available, with room for four conversations.
func free(id conversation.AgentID) lifecycle.Agent {
	return lifecycle.Agent{ID: id, Presence: routing.Available, Units: 100, DayBegan: noon.Add(-12 * time.Hour)}
}

// world is a snapshot of before anything has happened: the bot has the conversation.
func world() lifecycle.Snapshot {
	return lifecycle.Snapshot{
		Standing: lifecycle.Standing{State: conversation.StateActive, Holder: conversation.HolderBot, Epoch: 1, Since: noon.Add(-minute)},
		Revision: 1, LastSeq: 1, Language: conversation.LanguageEnglish,
		Agents:           map[conversation.AgentID]lifecycle.Agent{li: free(li), zhao: free(zhao), bo: free(bo)},
		AutoClose:        48 * time.Hour,
		MaxConversations: 10,
		Workstream: routing.Workstream{
			ID: "stream", Mode: routing.Push, Units: 25, WrapUp: routing.WrapUpAlways, Affinity: true, AffinityAge: 30 * 24 * time.Hour, OfferFor: 2 * minute,
			Presences: []routing.Presence{routing.Available, routing.Busy}, SkillMatch: routing.SkillExact, TransferToAgents: true,
			OpenLimit: conversation.OpenLimit, ActiveLimit: conversation.ActiveLimit, WrapUpLimit: conversation.WrapUpLimit,
		},
		New:       lifecycle.NewIDs{Assignment: "new-assignment", Item: "new-item", Message: "new-message"},
		Allowance: conversation.Allowance{MessageUntil: noon.Add(48 * time.Hour), MessageLeft: 5},
		Accepted:  true, Member: true,
		Target:         &lifecycle.Target{ID: returns, Others: 1},
		Queues:         []routing.QueueNow{{Queue: routing.Queue{ID: tea}, Members: 1}, {Queue: routing.Queue{ID: returns}, Members: 1}},
		LastCustomerAt: noon.Add(-minute),
	}
}

// begun is the world after some steps; each of them must change something.
func begun(steps ...func(lifecycle.Snapshot) lifecycle.Change) lifecycle.Snapshot {
	s := world()
	for _, step := range steps {
		c := step(s)
		if c.Nothing() {
			panic("a step changed nothing")
		}
		s = s.After(c)
	}
	s.Unsent = lifecycle.Unsent{}
	return s
}

func wanted(s lifecycle.Snapshot) lifecycle.Change {
	return lifecycle.RequestHandOver(noon, s, conversation.EscalatedFailed, "line")
}

func routed(s lifecycle.Snapshot) lifecycle.Change {
	return lifecycle.HandOver(noon, s, routing.Decision{QueueID: tea, Notice: routing.NoticeParked})
}

func offered(s lifecycle.Snapshot) lifecycle.Change { return lifecycle.Offer(noon, s, li, false) }

// does is an act that must not be refused.
func does(who access.Principal, want lifecycle.Act) func(lifecycle.Snapshot) lifecycle.Change {
	return func(s lifecycle.Snapshot) lifecycle.Change {
		c, refused := lifecycle.Decide(noon, s, who, want)
		if refused != "" {
			panic(string(want.Kind) + ": " + string(refused))
		}
		return c
	}
}

func act(kind command.Kind) lifecycle.Act { return lifecycle.Act{Kind: kind} }

// The conversation in each of its states.
func nobodys() lifecycle.Snapshot {
	s := world()
	s.State, s.Holder = conversation.StateOpen, conversation.HolderQueue
	return s.After(lifecycle.Wrote(noon, s, lifecycle.Written{Begun: true, NoBot: true, Lines: []lifecycle.Line{{ID: "line", Seq: 1}}}))
}

func waits() lifecycle.Snapshot { return begun(wanted, routed) }

func isAsked() lifecycle.Snapshot { return begun(wanted, routed, offered) }

// isAskedAtDesk is asked where li is a person at a desk.
func isAskedAtDesk() lifecycle.Snapshot {
	s := agentIs(waits(), li, func(a *lifecycle.Agent) { a.Shift = true })
	return s.After(offered(s))
}

func had() lifecycle.Snapshot {
	return begun(wanted, routed, offered, does(agent(li), act(command.Accept)))
}

func aside() lifecycle.Snapshot {
	return begun(wanted, routed, offered, does(agent(li), act(command.Accept)),
		does(agent(li), lifecycle.Act{Kind: command.Wait, Until: noon.Add(time.Hour)}))
}

func wrapsUp() lifecycle.Snapshot {
	return begun(wanted, routed, offered, does(agent(li), act(command.Accept)), does(agent(li), act(command.WrapUp)))
}

// with changes a snapshot.
func with(s lifecycle.Snapshot, change func(*lifecycle.Snapshot)) lifecycle.Snapshot {
	s.Agents = maps.Clone(s.Agents)
	if s.Item != nil {
		item := *s.Item
		s.Item = &item
	}
	change(&s)
	return s
}

// agentIs changes one agent of a snapshot.
func agentIs(s lifecycle.Snapshot, id conversation.AgentID, change func(*lifecycle.Agent)) lifecycle.Snapshot {
	return with(s, func(s *lifecycle.Snapshot) {
		a := s.Agents[id]
		change(&a)
		s.Agents[id] = a
	})
}
