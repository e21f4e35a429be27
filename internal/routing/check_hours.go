package routing

import (
	"slices"
	"time"
	"unicode/utf8"
)

// CheckHours says what is wrong with operating hours: shifts that are no spans of a day or overlap, holidays that end before
// they begin. Hours without shifts are always closed, which may be meant.
func CheckHours(h Hours) []InvalidField {
	var f invalidFields
	f.name("name", h.Name)
	f.zone("time_zone", h.TimeZone)
	f.add(len(h.Weekly) <= MaxShifts, "weekly", "expected at most %d", MaxShifts)
	f.add(len(h.Holidays) <= MaxHolidays, "holidays", "expected at most %d", MaxHolidays)
	if len(f) > 0 {
		return f
	}
	for i, s := range h.Weekly {
		f.shift(at("weekly", i), s, h.Weekly[:i])
	}
	for i, y := range h.Holidays {
		f.holiday(at("holidays", i), y)
	}
	return f
}

// shift asks that a shift begins before it ends and overlaps none of the earlier ones. One across midnight is two shifts.
func (f *invalidFields) shift(field string, s Shift, earlier []Shift) {
	f.add(time.Sunday <= s.Day && s.Day <= time.Saturday, field+".day", "expected a day of the week")
	from, errFrom := clockOf(s.From)
	to, errTo := clockOf(s.To)
	f.add(errFrom == nil && from < 24*time.Hour, field+".from", "expected a time from 00:00 to 23:59")
	f.add(errTo == nil, field+".to", "expected a time from 00:01 to 24:00")
	if errFrom != nil || errTo != nil {
		return
	}
	f.add(from < to, field+".to", "expected a time after from; a shift across midnight is two, of which the first ends at 24:00")
	overlaps := func(other Shift) bool {
		// Times of the same form sort as they are written.
		return other.Day == s.Day && s.From < other.To && other.From < s.To
	}
	f.add(!slices.ContainsFunc(earlier, overlaps), field, "overlaps another shift of the day")
}

func (f *invalidFields) holiday(field string, y Holiday) {
	f.date(field+".first", y.First)
	f.date(field+".last", y.Last)
	f.add(y.First <= y.Last, field+".last", "expected no day before the first")
	f.add(utf8.RuneCountInString(y.Reason) <= MaxName, field+".reason", "expected at most %d characters", MaxName)
}
