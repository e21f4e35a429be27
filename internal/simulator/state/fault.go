package state

import "slices"

// Fault is a fault that tests have asked for: its kind, which requests it applies to, and how often.
type Fault struct {
	ID         int      `json:"id"`
	Kind       string   `json:"kind"`
	AppID      string   `json:"app_id,omitempty"`     // only this account
	OpenID     string   `json:"openid,omitempty"`     // only callbacks of this customer
	Path       string   `json:"path,omitempty"`       // only this API, such as /cgi-bin/message/custom/send
	Count      int      `json:"count"`                // how many more times; 1 by default
	Used       int      `json:"used"`                 // how often it has happened
	Copies     int      `json:"copies,omitempty"`     // duplicate: extra requests, 1 by default
	Concurrent bool     `json:"concurrent,omitempty"` // duplicate: all at the same time, not after the answer
	Code       int      `json:"errcode,omitempty"`    // errcode: the number
	Body       string   `json:"body,omitempty"`       // non_json: the body
	Status     int      `json:"status,omitempty"`     // http_status: the number, 502 by default
	Delay      Duration `json:"delay,omitempty"`      // slow, slow_body: how long; timeout_after_delivery: until the cut, 30s by default
	Size       int      `json:"size,omitempty"`       // oversized_body: bytes more than it would have, 2 MiB by default
	Deliver    bool     `json:"deliver,omitempty"`    // errcode, http_status, non_json: the call is carried out anyway
}

// Concerns reports whether the fault applies to this account, customer and API.
func (f Fault) Concerns(appID, openID, path string) bool {
	return (f.AppID == "" || f.AppID == appID) && (f.OpenID == "" || f.OpenID == openID) && (f.Path == "" || f.Path == path)
}

// Faults returns the faults that were asked for, with what is left of each and what was used. The caller holds the lock.
func (s *Store) Faults() []Fault { return append([]Fault{}, s.facts.faults...) }

// TakeFaults uses up the faults that apply to one request: of each kind the oldest, of those of the API only one in all. It returns
// them and the list to commit, which is nil if nothing was used. The caller holds the lock.
func (s *Store) TakeFaults(applies func(FaultKind, Fault) bool) (taken []Fault, left *[]Fault) {
	list := slices.Clone(s.facts.faults)
	for i, f := range list {
		kind, known := faultKindOf(f.Kind)
		if !known || f.Count == 0 || !applies(kind, f) || hasKind(taken, f.Kind) {
			continue
		}
		list[i].Count--
		list[i].Used++
		taken = append(taken, f)
		if kind.Side == APISide {
			break
		}
	}
	if taken == nil {
		return nil, nil
	}
	return taken, &list
}

func hasKind(faults []Fault, kind string) bool {
	return slices.ContainsFunc(faults, func(f Fault) bool { return f.Kind == kind })
}
