package lifecycle

import (
	"maps"

	"wxdesk/internal/conversation"
)

// After is the state after a change: what the ledger writes, and would read back.
func (s Snapshot) After(c Change) Snapshot {
	if c.Revision != 0 {
		s.Revision = c.Revision
	}
	if c.Standing != nil {
		s.Standing = *c.Standing
	}
	if c.Wishes != nil {
		s.Wishes = *c.Wishes
	}
	if c.Over != nil {
		s.Live = nil
	}
	for _, a := range []*Assignment{c.Live, c.Made} {
		if a != nil {
			s.Live = a
		}
	}
	for _, i := range []*Item{c.Item, c.NewItem} {
		switch {
		case i == nil:
		case i.State == ItemDone:
			s.Item = nil
		default:
			s.Item = i
		}
	}
	if c.Skills != nil && s.Item != nil {
		i := *s.Item
		i.Skills = c.Skills
		s.Item = &i
	}
	s.Agents = maps.Clone(s.Agents)
	for _, p := range c.Presences {
		a := s.Agents[p.Agent]
		a.Presence, a.Manual = p.Presence, p.Manual
		s.Agents[p.Agent] = a
	}
	switch {
	case c.Fail == nil:
	case c.Fail.Automated:
		s.Unsent.Queued, s.Unsent.Automated = 0, 0
	default:
		s.Unsent.Queued = s.Unsent.Automated
	}
	if c.Resend != nil {
		s.Unsent.Queued++
		s.Message = conversation.DeliveryQueued
	}
	for _, m := range c.Say {
		s.Unsent.Queued++
		if m.Epoch == 0 {
			s.Unsent.Automated++
		}
		s.LastSeq = max(s.LastSeq, m.Seq)
	}
	for _, step := range c.Steps {
		s.LastSeq = max(s.LastSeq, step.Seq)
	}
	if c.Note != nil {
		s.LastSeq = max(s.LastSeq, c.Note.Seq)
	}
	return s
}
