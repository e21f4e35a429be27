package routing

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// Open reports whether the hours are open at a time: inside a shift of its weekday in their zone, and no holiday. Hours that
// cannot be read (CheckHours keeps them out) are closed.
func (h Hours) Open(at time.Time) bool {
	zone, err := zoneOf(h.TimeZone)
	if err != nil {
		return false
	}
	at = at.In(zone)
	return slices.ContainsFunc(h.spans(dayOf(at)), func(s span) bool { return !at.Before(s.from) && at.Before(s.to) })
}

// Opens is when the hours are next open: at itself if they are, false if they never are within two years.
func (h Hours) Opens(at time.Time) (time.Time, bool) {
	zone, err := zoneOf(h.TimeZone)
	if err != nil {
		return time.Time{}, false
	}
	at = at.In(zone)
	for n, today := 0, dayOf(at); n <= opensWithin; n++ {
		for _, s := range h.spans(today.later(n)) {
			if at.Before(s.to) {
				return latest(s.from, at), true
			}
		}
	}
	return time.Time{}, false
}

// Holiday is the holiday that a time falls on in the hours' zone, the first in the list if there are several.
func (h Hours) Holiday(at time.Time) (Holiday, bool) {
	zone, err := zoneOf(h.TimeZone)
	if err != nil {
		return Holiday{}, false
	}
	return h.holidayOn(dayOf(at.In(zone)))
}

// opensWithin is how many days Opens looks ahead. Hours with holidays all through two years are as good as closed.
const opensWithin = 2 * 366

// day is a day of the calendar: noon of it in its zone, which every zone has once.
type day time.Time

func dayOf(at time.Time) day {
	year, month, date := at.Date()
	return day(time.Date(year, month, date, 12, 0, 0, 0, at.Location()))
}

func (d day) later(days int) day { return day(time.Time(d).AddDate(0, 0, days)) }

// at returns the moment when the clocks of the day show a time. If clocks go forward over that time, the moment is later by as much.
// If clocks show the time twice, because they go back, it is the first moment.
func (d day) at(clock time.Duration) time.Time {
	noon := time.Time(d)
	on := func(zone *time.Location) time.Time {
		return time.Date(noon.Year(), noon.Month(), noon.Day(), 0, int(clock.Minutes()), 0, 0, zone)
	}
	moment, asked := on(noon.Location()), on(time.UTC)
	_, offset := moment.Zone()
	shown := moment.Add(time.Duration(offset) * time.Second) // the clocks' face, as if it were UTC
	return moment.Add(max(asked.Sub(shown), 0))              // positive if they went forward
}

// span is an open time, [from, to).
type span struct{ from, to time.Time }

// spans are the open times of a day, in order.
func (h Hours) spans(d day) []span {
	if _, closed := h.holidayOn(d); closed {
		return nil
	}
	var list []span
	for _, s := range h.Weekly {
		from, errFrom := clockOf(s.From)
		to, errTo := clockOf(s.To)
		if s.Day == time.Time(d).Weekday() && errFrom == nil && errTo == nil {
			list = append(list, span{d.at(from), d.at(to)})
		}
	}
	slices.SortFunc(list, func(a, b span) int { return cmp.Or(a.from.Compare(b.from), a.to.Compare(b.to)) })
	return list
}

// holidayOn compares days as they are written: ISO dates sort by themselves.
func (h Hours) holidayOn(d day) (Holiday, bool) {
	date := time.Time(d).Format(time.DateOnly)
	i := slices.IndexFunc(h.Holidays, func(y Holiday) bool { return y.First <= date && date <= y.Last })
	if i < 0 {
		return Holiday{}, false
	}
	return h.Holidays[i], true
}

var errZone = errors.New("routing: not an IANA time zone")

// zoneOf returns a time zone by its name. The zone of the machine and the empty name are refused.
func zoneOf(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errZone
	}
	return time.LoadLocation(name)
}

var errClock = errors.New("routing: not a time of day")

// clockOf reads a time of day, from 00:00 to 24:00, as what the clock shows.
func clockOf(text string) (time.Duration, error) {
	if text == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, errClock
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
