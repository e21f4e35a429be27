package routing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/routing"
)

// office is open on weekdays with a break at noon, and closed for a week in October.
func office() routing.Hours {
	h := routing.Hours{Name: "Office", TimeZone: "Asia/Shanghai", Holidays: []routing.Holiday{
		{First: "2026-10-01", Last: "2026-10-07", Reason: "National Day"},
	}}
	for day := time.Monday; day <= time.Friday; day++ {
		h.Weekly = append(h.Weekly, routing.Shift{Day: day, From: "13:00", To: "18:00"}, routing.Shift{Day: day, From: "09:00", To: "12:00"})
	}
	return h
}

// moment reads a time with its offset.
func moment(t require.TestingT, text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04:05 -0700", text)
	require.NoError(t, err)
	return at
}

// OPH-1
func TestHours_openDuringTheirShifts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at   string
		open bool
	}{
		{"2026-09-28 09:00:00 +0800", true},
		{"2026-09-28 08:59:59 +0800", false},
		{"2026-09-28 01:00:00 +0000", true}, // the same as the first
		{"2026-09-28 12:00:00 +0800", false},
		{"2026-09-28 12:59:59 +0800", false},
		{"2026-09-28 13:00:00 +0800", true},
		{"2026-09-28 17:59:59 +0800", true},
		{"2026-09-28 18:00:00 +0800", false},
		{"2026-09-27 10:00:00 +0800", false}, // a Sunday
		{"2026-09-27 22:00:00 -0400", true},  // Monday in Shanghai
		{"2026-10-01 10:00:00 +0800", false}, // a holiday
		{"2026-10-07 10:00:00 +0800", false},
		{"2026-10-08 10:00:00 +0800", true},
	} {
		require.Equal(t, c.open, office().Open(moment(t, c.at)), c.at)
	}
}

// OPH-1
func TestHours_nextOpening(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ at, opens string }{
		{"2026-09-28 10:30:00 +0800", "2026-09-28 10:30:00 +0800"}, // open now
		{"2026-09-28 07:00:00 +0800", "2026-09-28 09:00:00 +0800"},
		{"2026-09-28 12:00:00 +0800", "2026-09-28 13:00:00 +0800"},
		{"2026-09-25 18:00:00 +0800", "2026-09-28 09:00:00 +0800"}, // over the week-end
		{"2026-09-30 18:00:00 +0800", "2026-10-08 09:00:00 +0800"}, // over the holidays
	} {
		at, ever := office().Opens(moment(t, c.at))
		require.True(t, ever)
		require.True(t, moment(t, c.opens).Equal(at), "after %s: got %s, want %s", c.at, at, c.opens)
	}
}

// OPH-1
func TestHours_neverOpenWithoutShifts(t *testing.T) {
	t.Parallel()
	h := routing.Hours{TimeZone: "Asia/Shanghai"}
	_, ever := h.Opens(noon)
	require.False(t, ever)
	require.False(t, h.Open(noon))
}

// OPH-1
func TestHours_dayEndsAt24(t *testing.T) {
	t.Parallel()
	h := routing.Hours{TimeZone: "Asia/Shanghai", Weekly: []routing.Shift{{Day: time.Monday, From: "20:00", To: "24:00"}, {Day: time.Tuesday, From: "00:00", To: "04:00"}}}
	require.True(t, h.Open(moment(t, "2026-09-28 23:59:59 +0800")))
	require.True(t, h.Open(moment(t, "2026-09-29 00:00:00 +0800")))
	require.False(t, h.Open(moment(t, "2026-09-29 04:00:00 +0800")))
}

// OPH-1
// In New York the clocks go forward on 8 March 2026 at 2:00 and back on 1 November at 2:00.
func TestHours_followDaylightSaving(t *testing.T) {
	t.Parallel()
	sundays := func(from, to string) routing.Hours {
		return routing.Hours{TimeZone: "America/New_York", Weekly: []routing.Shift{{Day: time.Sunday, From: from, To: to}}}
	}
	for _, c := range []struct {
		hours routing.Hours
		at    string
		open  bool
	}{
		{sundays("09:00", "17:00"), "2026-03-01 14:00:00 +0000", true}, // winter: 9:00 is 14:00 UTC
		{sundays("09:00", "17:00"), "2026-03-01 13:59:00 +0000", false},
		{sundays("09:00", "17:00"), "2026-03-08 13:00:00 +0000", true}, // summer: an hour earlier
		{sundays("09:00", "17:00"), "2026-03-08 12:59:00 +0000", false},
		{sundays("09:00", "17:00"), "2026-11-01 13:59:00 +0000", false}, // winter again
		{sundays("09:00", "17:00"), "2026-11-01 21:59:00 +0000", true},
		{sundays("02:30", "05:00"), "2026-03-08 03:29:59 -0400", false}, // 2:30 does not exist
		{sundays("02:30", "05:00"), "2026-03-08 03:30:00 -0400", true},
		{sundays("01:00", "02:00"), "2026-11-01 01:30:00 -0400", true}, // comes twice
		{sundays("01:00", "02:00"), "2026-11-01 01:30:00 -0500", true},
		{sundays("01:30", "03:00"), "2026-11-01 01:30:00 -0400", true},
		{sundays("01:30", "03:00"), "2026-11-01 01:29:59 -0400", false},
	} {
		require.Equal(t, c.open, c.hours.Open(moment(t, c.at)), "%v at %s", c.hours.Weekly, c.at)
	}
}

// OPH-1, OPH-4
func TestHours_holidayHasItsReason(t *testing.T) {
	t.Parallel()
	holiday, is := office().Holiday(moment(t, "2026-10-07 15:59:59 +0000"))
	require.True(t, is)
	require.Equal(t, "National Day", holiday.Reason)
	_, is = office().Holiday(moment(t, "2026-10-07 16:00:00 +0000")) // the 8th in Shanghai
	require.False(t, is)
}

// OPH-1
// Whenever hours open next, they are open then and not a second before.
func TestHours_opensIsTheFirstOpenTime(t *testing.T) {
	t.Parallel()
	clocks := []string{"00:00", "02:30", "09:00", "12:00", "18:00", "24:00"}
	rapid.Check(t, func(t *rapid.T) {
		h := routing.Hours{TimeZone: rapid.SampledFrom([]string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC"}).Draw(t, "zone")}
		for range rapid.IntRange(1, 4).Draw(t, "shifts") {
			from := rapid.IntRange(0, len(clocks)-2).Draw(t, "from")
			to := rapid.IntRange(from+1, len(clocks)-1).Draw(t, "to")
			h.Weekly = append(h.Weekly, routing.Shift{Day: time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")), From: clocks[from], To: clocks[to]})
		}
		at := noon.Add(time.Duration(rapid.IntRange(0, 400*24*60).Draw(t, "minutes")) * time.Minute)

		opens, ever := h.Opens(at)
		require.True(t, ever)
		require.False(t, opens.Before(at))
		require.True(t, h.Open(opens))
		if h.Open(at) {
			require.True(t, opens.Equal(at))
			return
		}
		require.False(t, h.Open(opens.Add(-time.Second)))
	})
}
