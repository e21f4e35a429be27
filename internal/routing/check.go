package routing

import (
	"slices"
	"strings"
	"time"
)

// Limits of the set-up.
const (
	MaxName         = 100       // characters
	MaxUnits        = 1_000_000 // of an agent, of a conversation, of a profile's limit
	MaxPriority     = 1_000_000 // of a queue or a conversation
	MaxWrapUp       = time.Hour
	MinAffinityAge  = time.Hour
	MaxAffinityAge  = 366 * 24 * time.Hour
	MinOffer        = time.Second
	MaxOffer        = 5 * time.Minute
	MaxDeclinePause = time.Hour
	MinAutoClose    = time.Second
	MaxAutoClose    = 365 * 24 * time.Hour
	MinStateLimit   = time.Minute
	MaxStateLimit   = 365 * 24 * time.Hour
	MaxVariables    = 100 // of a workstream
	MaxRating       = 10
	MaxDeclineLimit = 5       // of a queue
	MaxWaiting      = 100     // OverflowLimit.Items
	MaxWait         = 172_800 // OverflowWait.Seconds: two days
	MaxHolidays     = 1000
	MaxShifts       = 100
)

// CheckWorkstream says what is wrong with a workstream. Whether its queue and its profiles exist is for the caller to know.
func CheckWorkstream(w Workstream) []InvalidField {
	var f invalidFields
	f.name("name", w.Name)
	f.add(w.Mode == Push || w.Mode == Pick, "mode", "expected push or pick")
	f.add(w.FallbackQueue != "", "fallback_queue_id", "expected a queue")
	f.add(w.AutoClose == 0 || MinAutoClose <= w.AutoClose && w.AutoClose <= MaxAutoClose, "auto_close", "expected %v to %v", MinAutoClose, MaxAutoClose)
	f.within("units", w.Units, 0, MaxUnits)
	unique(&f, "profile_ids", w.Profiles, func(p ProfileID) ProfileID { return p })
	f.add(slices.Contains([]WrapUp{WrapUpAlways, WrapUpNever, WrapUpAfter}, w.WrapUp), "wrap_up", "expected always, never or after")
	f.add(0 <= w.WrapUpFor && w.WrapUpFor <= MaxWrapUp, "wrap_up_for", "expected at most %v", MaxWrapUp)
	f.add(len(w.Presences) > 0, "presences", "expected at least one")
	for i, p := range w.Presences {
		f.add(chosenPresence(p), at("presences", i), "expected available, busy, dnd, away or offline")
	}
	unique(&f, "presences", w.Presences, func(p Presence) Presence { return p })
	f.add(slices.Contains([]SkillMatch{SkillExact, SkillClosest, SkillNone}, w.SkillMatch), "skill_match", "expected exact, closest or none")
	f.add(MinAffinityAge <= w.AffinityAge && w.AffinityAge <= MaxAffinityAge, "affinity_age", "expected %v to %v", MinAffinityAge, MaxAffinityAge)
	f.add(MinOffer <= w.OfferFor && w.OfferFor <= MaxOffer, "offer_for", "expected %v to %v", MinOffer, MaxOffer)
	f.add(0 <= w.DeclinePause && w.DeclinePause <= MaxDeclinePause, "decline_pause", "expected at most %v", MaxDeclinePause)
	f.stateLimit("open_limit", w.OpenLimit)
	f.stateLimit("active_limit", w.ActiveLimit)
	f.stateLimit("wrap_up_limit", w.WrapUpLimit)
	f.add(w.WrapUp != WrapUpAfter || w.WrapUpFor <= w.WrapUpLimit, "wrap_up_limit", "expected at least wrap_up_for")
	f.within("max_per_agent", w.MaxPerAgent, 0, MaxUnits)
	f.add(len(w.Variables) <= MaxVariables, "variables", "expected at most %d", MaxVariables)
	for i, v := range w.Variables {
		f.add(isVariableName(v.Name), at("variables", i)+".name", "expected 1 to %d letters, digits and underscores", MaxName)
	}
	unique(&f, "variables", w.Variables, func(v Variable) string { return v.Name })
	return f
}

func (f *invalidFields) stateLimit(field string, limit time.Duration) {
	f.add(MinStateLimit <= limit && limit <= MaxStateLimit, field, "expected %v to %v", MinStateLimit, MaxStateLimit)
}

func isVariableName(name string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
	return name != "" && len(name) <= MaxName && strings.Trim(name, allowed) == ""
}

// CheckQueue says what is wrong with a queue. Whether its hours, and the queues it overflows to, exist is for the caller to
// know.
func CheckQueue(q Queue) []InvalidField {
	var f invalidFields
	f.name("name", q.Name)
	f.within("priority", q.Priority, 1, MaxPriority)
	f.add(slices.Contains([]Method{HighestCapacity, RoundRobin, LeastActive, Custom}, q.Method), "method", "expected highest_capacity, round_robin, least_active or custom")
	f.within("decline_limit", q.DeclineLimit, 1, MaxDeclineLimit)
	for _, fault := range CheckOverflow(q.Overflow) {
		f = append(f, InvalidField{"overflow." + fault.Field, fault.Reason})
	}
	if q.ID != "" {
		for _, a := range q.Overflow.actions() {
			f.add(a.QueueID != q.ID, "overflow."+a.field+".queue_id", "expected another queue")
		}
	}
	return f
}

// CheckOverflow says what is wrong with overflow settings, a queue's or a rule's.
func CheckOverflow(o Overflow) []InvalidField {
	var f invalidFields
	if o.Full != nil {
		f.within("full.items", o.Full.Items, 1, MaxWaiting)
	}
	if o.Wait != nil {
		f.within("wait.seconds", o.Wait.Seconds, 1, MaxWait)
		f.add(o.Wait.Do != OverflowAssign, "wait.do", "expected transfer or end")
	}
	for _, a := range o.actions() {
		f.add(slices.Contains([]OverflowDo{OverflowAssign, OverflowTransfer, OverflowEnd}, a.Do), a.field+".do", "expected assign, transfer or end")
		f.add((a.Do == OverflowTransfer) == (a.QueueID != ""), a.field+".queue_id", "expected with transfer, and only then")
	}
	return f
}

// fieldAction is an overflow action and the field it is of.
type fieldAction struct {
	field string
	OverflowAction
}

// actions are those that there are, in the order in which they are asked.
func (o Overflow) actions() []fieldAction {
	var list []fieldAction
	if o.OutOfHours != nil {
		list = append(list, fieldAction{"out_of_hours", *o.OutOfHours})
	}
	if o.Full != nil {
		list = append(list, fieldAction{"full", o.Full.OverflowAction})
	}
	if o.Wait != nil {
		list = append(list, fieldAction{"wait", o.Wait.OverflowAction})
	}
	return list
}

// CheckCustomPresence says what is wrong with a custom presence.
func CheckCustomPresence(p CustomPresence) []InvalidField {
	var f invalidFields
	f.name("name", p.Name)
	f.name("text", p.Text)
	f.add(chosenPresence(p.Base), "base", "expected available, busy, dnd, away or offline")
	return f
}

// chosenPresence reports whether a person can choose a presence. Only inactive is set by the system alone.
func chosenPresence(p Presence) bool {
	return slices.Contains([]Presence{Available, Busy, DND, Away, Offline}, p)
}
