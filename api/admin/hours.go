package admin

import (
	"context"
	"strings"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// OperatingHours stores the times at which queues are open.
type OperatingHours interface {
	CreateHours(ctx context.Context, by access.Actor, h routing.Hours) (routing.Hours, error)
	Hours(ctx context.Context, t conversation.Tenant, id routing.HoursID) (routing.Hours, error)
	ListHours(ctx context.Context, t conversation.Tenant, after routing.HoursID, limit int) ([]routing.Hours, error)
	UpdateHours(ctx context.Context, by access.Actor, h routing.Hours) (routing.Hours, error)
	DeleteHours(ctx context.Context, by access.Actor, id routing.HoursID) error
}

// operatingHoursView is operating hours as the API shows them.
type operatingHoursView struct {
	ID       string        `json:"id" format:"uuid"`
	Name     string        `json:"name"`
	TimeZone string        `json:"time_zone" example:"Asia/Shanghai"`
	Weekly   []shiftView   `json:"weekly" nullable:"false"`
	Holidays []holidayView `json:"holidays" nullable:"false"`
	StampView
}

// shiftView is a span of a weekday.
type shiftView struct {
	Day  string `json:"day" enum:"sunday,monday,tuesday,wednesday,thursday,friday,saturday"`
	From string `json:"from" example:"08:00" maxLength:"5"`
	To   string `json:"to" example:"17:00" maxLength:"5" doc:"Not included; 24:00 ends the day"`
}

// holidayView is days on which it is closed.
type holidayView struct {
	First  string `json:"first" example:"2026-10-01" maxLength:"10"`
	Last   string `json:"last" example:"2026-10-07" maxLength:"10" doc:"Included"`
	Reason string `json:"reason,omitempty" maxLength:"100"`
}

func viewHours(h routing.Hours) operatingHoursView {
	v := operatingHoursView{string(h.ID), h.Name, h.TimeZone, []shiftView{}, []holidayView{}, viewStamp(h.Stamp)}
	for _, s := range h.Weekly {
		v.Weekly = append(v.Weekly, shiftView{strings.ToLower(s.Day.String()), s.From, s.To})
	}
	for _, d := range h.Holidays {
		v.Holidays = append(v.Holidays, holidayView(d))
	}
	return v
}

func readShifts(views []shiftView) []routing.Shift {
	shifts := make([]routing.Shift, len(views))
	for i, v := range views {
		for day := time.Sunday; day <= time.Saturday; day++ {
			if strings.EqualFold(day.String(), v.Day) {
				shifts[i] = routing.Shift{Day: day, From: v.From, To: v.To}
			}
		}
	}
	return shifts
}

func readHolidays(views []holidayView) []routing.Holiday {
	holidays := make([]routing.Holiday, len(views))
	for i, v := range views {
		holidays[i] = routing.Holiday(v)
	}
	return holidays
}

type newOperatingHours struct {
	Name     string        `json:"name" minLength:"1" maxLength:"100"`
	TimeZone string        `json:"time_zone,omitempty" default:"Asia/Shanghai" maxLength:"100" doc:"An IANA name"`
	Weekly   []shiftView   `json:"weekly" maxItems:"100" nullable:"false" doc:"Outside these it is closed"`
	Holidays []holidayView `json:"holidays,omitempty" maxItems:"1000" nullable:"false"`
}

func (a *Admin) CreateHours(ctx context.Context, in *struct{ Body newOperatingHours }) (*resourceCreated[operatingHoursView], error) {
	b := in.Body
	h := routing.Hours{Name: b.Name, TimeZone: b.TimeZone, Weekly: readShifts(b.Weekly), Holidays: readHolidays(b.Holidays)}
	if faults := bodyFaults(routing.CheckHours(h)); len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	created, err := a.cfg.Setup.CreateHours(ctx, web.CallerOf(ctx).Actor(), h)
	if err != nil {
		return nil, err
	}
	return answerCreated(created, "/v1/operating-hours/"+string(created.ID), viewHours), nil
}

func (a *Admin) ListHours(ctx context.Context, in *web.PageQuery) (*resourcePage[operatingHoursView], error) {
	return listResources(ctx, a, "operating-hours", *in, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.Hours, error) {
		return a.cfg.Setup.ListHours(ctx, t, routing.HoursID(after), limit)
	}, func(h routing.Hours) string { return string(h.ID) }, viewHours)
}

func (a *Admin) GetHours(ctx context.Context, in *ResourcePath) (*resourceAnswer[operatingHoursView], error) {
	h, err := a.cfg.Setup.Hours(ctx, web.CallerOf(ctx).Tenant, routing.HoursID(in.ID))
	return answerResource(h, err, viewHours)
}

type operatingHoursChange struct {
	Name     *string        `json:"name,omitempty" minLength:"1" maxLength:"100"`
	TimeZone *string        `json:"time_zone,omitempty" maxLength:"100"`
	Weekly   *[]shiftView   `json:"weekly,omitempty" maxItems:"100" doc:"Replaces all shifts"`
	Holidays *[]holidayView `json:"holidays,omitempty" maxItems:"1000" doc:"Replaces all holidays"`
}

func (a *Admin) ChangeHours(ctx context.Context, in *changing[operatingHoursChange]) (*resourceAnswer[operatingHoursView], error) {
	who, b := web.CallerOf(ctx), in.Body
	changed, err := changeResource(in.IfMatch,
		func() (routing.Hours, error) { return a.cfg.Setup.Hours(ctx, who.Tenant, routing.HoursID(in.ID)) },
		func(h *routing.Hours) []web.Fault {
			set(&h.Name, b.Name)
			set(&h.TimeZone, b.TimeZone)
			if b.Weekly != nil {
				h.Weekly = readShifts(*b.Weekly)
			}
			if b.Holidays != nil {
				h.Holidays = readHolidays(*b.Holidays)
			}
			return bodyFaults(routing.CheckHours(*h))
		},
		func(h routing.Hours) (routing.Hours, error) { return a.cfg.Setup.UpdateHours(ctx, who.Actor(), h) })
	return answerResource(changed, err, viewHours)
}

func (a *Admin) DeleteHours(ctx context.Context, in *ResourcePath) (*struct{}, error) {
	return nil, a.cfg.Setup.DeleteHours(ctx, web.CallerOf(ctx).Actor(), routing.HoursID(in.ID))
}
