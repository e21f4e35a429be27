package routing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/routing"
)

// fields are those that a check found fault with.
func fields(faults []routing.InvalidField) []string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Field)
	}
	return list
}

func soundWorkstream() routing.Workstream {
	return routing.Workstream{
		Name: "售后", Mode: routing.Push, FallbackQueue: "q", Units: 25, WrapUp: routing.WrapUpAlways, Presences: []routing.Presence{routing.Available},
		SkillMatch: routing.SkillExact, AffinityAge: time.Hour, OfferFor: 2 * time.Minute,
		OpenLimit: time.Minute, ActiveLimit: 365 * 24 * time.Hour, WrapUpLimit: time.Hour, Variables: []routing.Variable{{Name: "order_no"}},
	}
}

// DSK-4, LIF-5
func TestCheckWorkstream_namesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	require.Empty(t, routing.CheckWorkstream(soundWorkstream()))
	for field, spoil := range map[string]func(*routing.Workstream){
		"name":              func(w *routing.Workstream) { w.Name = "" },
		"mode":              func(w *routing.Workstream) { w.Mode = "pull" },
		"fallback_queue_id": func(w *routing.Workstream) { w.FallbackQueue = "" },
		"auto_close":        func(w *routing.Workstream) { w.AutoClose = time.Millisecond },
		"units":             func(w *routing.Workstream) { w.Units = -1 },
		"profile_ids[1]":    func(w *routing.Workstream) { w.Profiles = []routing.ProfileID{"p", "p"} },
		"wrap_up":           func(w *routing.Workstream) { w.WrapUp = "" },
		"wrap_up_for":       func(w *routing.Workstream) { w.WrapUpFor = time.Hour + 1 },
		"presences":         func(w *routing.Workstream) { w.Presences = nil },
		"presences[0]":      func(w *routing.Workstream) { w.Presences = []routing.Presence{routing.Inactive} },
		"skill_match":       func(w *routing.Workstream) { w.SkillMatch = "some" },
		"affinity_age":      func(w *routing.Workstream) { w.AffinityAge = time.Hour - 1 },
		"offer_for":         func(w *routing.Workstream) { w.OfferFor = 5*time.Minute + 1 },
		"decline_pause":     func(w *routing.Workstream) { w.DeclinePause = time.Hour + 1 },
		"open_limit":        func(w *routing.Workstream) { w.OpenLimit = time.Minute - 1 },
		"active_limit":      func(w *routing.Workstream) { w.ActiveLimit = 366 * 24 * time.Hour },
		"wrap_up_limit": func(w *routing.Workstream) {
			w.WrapUp, w.WrapUpFor, w.WrapUpLimit = routing.WrapUpAfter, time.Hour, time.Minute
		},
		"max_per_agent":     func(w *routing.Workstream) { w.MaxPerAgent = -1 },
		"variables[0].name": func(w *routing.Workstream) { w.Variables[0].Name = "order-no" },
		"variables[1]":      func(w *routing.Workstream) { w.Variables = append(w.Variables, w.Variables[0]) },
	} {
		w := soundWorkstream()
		spoil(&w)
		require.Equal(t, []string{field}, fields(routing.CheckWorkstream(w)))
	}
}

func soundQueue() routing.Queue {
	return routing.Queue{ID: "q", Name: "售后", Priority: 100, Method: routing.RoundRobin, DeclineLimit: 3, Overflow: routing.Overflow{
		OutOfHours: &routing.OverflowAction{Do: routing.OverflowAssign},
		Full:       &routing.OverflowLimit{Items: 100, OverflowAction: transfer("other")},
		Wait:       &routing.OverflowWait{Seconds: 172_800, OverflowAction: endIt},
	}}
}

// QUE-1
func TestCheckQueue_namesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	require.Empty(t, routing.CheckQueue(soundQueue()))
	for field, spoil := range map[string]func(*routing.Queue){
		"name":                           func(q *routing.Queue) { q.Name = strings.Repeat("长", 101) },
		"priority":                       func(q *routing.Queue) { q.Priority = 0 },
		"method":                         func(q *routing.Queue) { q.Method = "dice" },
		"decline_limit":                  func(q *routing.Queue) { q.DeclineLimit = 6 },
		"overflow.out_of_hours.do":       func(q *routing.Queue) { q.Overflow.OutOfHours.Do = "" },
		"overflow.out_of_hours.queue_id": func(q *routing.Queue) { q.Overflow.OutOfHours.QueueID = "other" },
		"overflow.full.items":            func(q *routing.Queue) { q.Overflow.Full.Items = 101 },
		"overflow.full.queue_id":         func(q *routing.Queue) { q.Overflow.Full.QueueID = "" },
		"overflow.wait.seconds":          func(q *routing.Queue) { q.Overflow.Wait.Seconds = 0 },
		"overflow.wait.do":               func(q *routing.Queue) { q.Overflow.Wait.Do = routing.OverflowAssign },
	} {
		q := soundQueue()
		spoil(&q)
		require.Equal(t, []string{field}, fields(routing.CheckQueue(q)))
	}
}

// L06
func TestCheckQueue_refusesOverflowIntoItself(t *testing.T) {
	t.Parallel()
	q := soundQueue()
	q.Overflow.Full.QueueID = q.ID
	require.Equal(t, []string{"overflow.full.queue_id"}, fields(routing.CheckQueue(q)))
}

// OPH-1
func TestCheckHours_namesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	require.Empty(t, routing.CheckHours(office()))
	shift := func(s routing.Shift) func(*routing.Hours) {
		return func(h *routing.Hours) { h.Weekly = []routing.Shift{{Day: time.Monday, From: "09:00", To: "12:00"}, s} }
	}
	holiday := func(first, last string) func(*routing.Hours) {
		return func(h *routing.Hours) { h.Holidays = []routing.Holiday{{First: first, Last: last}} }
	}
	for _, c := range []struct {
		spoil func(*routing.Hours)
		want  []string
	}{
		{func(h *routing.Hours) { h.Name = "  " }, []string{"name"}},
		{func(h *routing.Hours) { h.TimeZone = "" }, []string{"time_zone"}},
		{func(h *routing.Hours) { h.TimeZone = "Local" }, []string{"time_zone"}},
		{func(h *routing.Hours) { h.TimeZone = "../../etc/passwd" }, []string{"time_zone"}},
		{func(h *routing.Hours) { h.Weekly = nil }, nil},
		{shift(routing.Shift{Day: time.Monday, From: "12:00", To: "24:00"}), nil},
		{shift(routing.Shift{Day: time.Tuesday, From: "09:00", To: "12:00"}), nil},
		{shift(routing.Shift{Day: time.Monday, From: "11:59", To: "13:00"}), []string{"weekly[1]"}},
		{shift(routing.Shift{Day: time.Monday, From: "08:00", To: "18:00"}), []string{"weekly[1]"}},
		{shift(routing.Shift{Day: time.Monday, From: "18:00", To: "18:00"}), []string{"weekly[1].to"}},
		{shift(routing.Shift{Day: time.Monday, From: "22:00", To: "02:00"}), []string{"weekly[1].to"}},
		{shift(routing.Shift{Day: 7, From: "09:00", To: "12:00"}), []string{"weekly[1].day"}},
		{shift(routing.Shift{Day: time.Friday, From: "9:00", To: "12:00"}), []string{"weekly[1].from"}},
		{shift(routing.Shift{Day: time.Friday, From: "09:00", To: "24:01"}), []string{"weekly[1].to"}},
		{shift(routing.Shift{Day: time.Friday, From: "09:60", To: "noon"}), []string{"weekly[1].from", "weekly[1].to"}},
		{holiday("2026-02-28", "2026-02-28"), nil},
		{holiday("2026-02-30", "2026-03-01"), []string{"holidays[0].first"}},
		{holiday("2026-10-07", "2026-10-01"), []string{"holidays[0].last"}},
	} {
		h := office()
		c.spoil(&h)
		require.Equal(t, c.want, fields(routing.CheckHours(h)), "%v", h)
	}
}

func TestCheckCustomPresence_namesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	require.Empty(t, routing.CheckCustomPresence(routing.CustomPresence{Name: "Lunch", Text: "At lunch", Base: routing.Away}))
	require.Equal(t, []string{"name", "text", "base"}, fields(routing.CheckCustomPresence(routing.CustomPresence{Text: " ", Base: routing.Inactive})))
}
