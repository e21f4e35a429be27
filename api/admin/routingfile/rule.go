package routingfile

import (
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

func (r *reader) readRule(file ruleFile) routing.Rule {
	rule := routing.Rule{Name: file.Name, When: file.When, Set: file.Set, OrderBy: file.OrderBy}
	for _, s := range file.Skills {
		rule.Skills = append(rule.Skills, routing.NeededSkill{SkillID: lookUp(r, r.skills, "skills", s.Skill), Rating: s.Rating})
	}
	for _, p := range file.Profiles {
		rule.Profiles = append(rule.Profiles, lookUp(r, r.profiles, "profiles", p))
	}
	if file.Queue != "" {
		rule.Queue = r.queue("queue", file.Queue)
	}
	for _, s := range file.Split {
		rule.Split = append(rule.Split, routing.Share{Queue: r.queue("split", s.Queue), Percent: s.Percent})
	}
	if o := file.Overflow; o != nil {
		rule.Overflow = &routing.Overflow{}
		if o.OutOfHours != nil {
			action := r.action(*o.OutOfHours)
			rule.Overflow.OutOfHours = &action
		}
		if o.Full != nil {
			rule.Overflow.Full = &routing.OverflowLimit{Items: o.Full.Items, OverflowAction: r.action(*o.Full)}
		}
		if o.Wait != nil {
			rule.Overflow.Wait = &routing.OverflowWait{Seconds: o.Wait.Seconds, OverflowAction: r.action(*o.Wait)}
		}
	}
	return rule
}

func (r *reader) action(file actionFile) routing.OverflowAction {
	action := routing.OverflowAction{Do: file.Do}
	if file.Queue != "" {
		action.QueueID = r.queue("overflow", file.Queue)
	}
	return action
}

func (r *reader) queue(field, name string) conversation.QueueID {
	return lookUp(r, r.queues, field, name)
}

func lookUp[ID ~string](r *reader, ids map[string]ID, field, name string) ID {
	id, ok := ids[name]
	if !ok {
		r.blame(field, "expected the name of something that there is here")
	}
	return id
}
