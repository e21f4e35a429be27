package rules

import (
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// KnownOf is what rules of a plan may name.
func KnownOf(plan routing.Plan) Known {
	known := Known{Variables: plan.Workstream.Variables, Queues: map[conversation.QueueID]routing.Overflow{}}
	for _, q := range plan.Queues {
		known.Queues[q.ID] = q.Overflow
	}
	for _, s := range plan.Skills {
		known.Skills = append(known.Skills, s.ID)
	}
	for _, p := range plan.Profiles {
		known.Profiles = append(known.Profiles, p.ID)
	}
	return known
}
