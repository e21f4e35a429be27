package routingfile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// hoursFile is operating hours in a routing file.
type hoursFile struct {
	Name     string        `yaml:"name"`
	TimeZone string        `yaml:"time_zone"`
	Weekly   []shiftFile   `yaml:"weekly"`
	Holidays []holidayFile `yaml:"holidays,omitempty"`
}

type shiftFile struct {
	Day  string `yaml:"day"`
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

type holidayFile struct {
	First  string `yaml:"first"`
	Last   string `yaml:"last"`
	Reason string `yaml:"reason,omitempty"`
}

// noDay is no day of the week: how an unknown day is read, for the check to find.
const noDay = time.Weekday(-1)

// hours reads operating hours of the file and gathers what is wrong with them.
func (r *reader) hours(at int, file hoursFile) routing.Hours {
	h := routing.Hours{Name: file.Name, TimeZone: file.TimeZone}
	for _, s := range file.Weekly {
		shift := routing.Shift{Day: noDay, From: s.From, To: s.To}
		for day := time.Sunday; day <= time.Saturday; day++ {
			if strings.ToLower(day.String()) == s.Day {
				shift.Day = day
			}
		}
		h.Weekly = append(h.Weekly, shift)
	}
	for _, d := range file.Holidays {
		h.Holidays = append(h.Holidays, routing.Holiday(d))
	}
	for _, f := range routing.CheckHours(h) {
		r.faults = append(r.faults, web.FaultAt(fmt.Sprintf("body.hours[%d].%s", at, f.Field), onLine(r.lines.hours[at], f.Reason)))
	}
	return h
}

// writeHours writes those that the queues keep to which the file leads, each once.
func writeHours(queues []routing.QueueNow, reached map[conversation.QueueID]bool) (list []hoursFile) {
	var written []routing.HoursID
	for _, q := range queues {
		if !reached[q.ID] || q.Hours == nil || slices.Contains(written, q.HoursID) {
			continue
		}
		written = append(written, q.HoursID)
		file := hoursFile{Name: q.Hours.Name, TimeZone: q.Hours.TimeZone, Weekly: []shiftFile{}}
		for _, s := range q.Hours.Weekly {
			file.Weekly = append(file.Weekly, shiftFile{strings.ToLower(s.Day.String()), s.From, s.To})
		}
		for _, d := range q.Hours.Holidays {
			file.Holidays = append(file.Holidays, holidayFile(d))
		}
		list = append(list, file)
	}
	return list
}
