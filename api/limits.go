package api

import "wxdesk/internal/telemetry"

// measureLimits shows with the metrics how near this process is to its limits; docs/operations.md lists them all.
func (a *API) measureLimits() {
	d := a.door
	inUse := func(places chan struct{}) func() int64 { return func() int64 { return int64(len(places)) } }
	err := telemetry.MeasureLimits(a.cfg.Meters,
		telemetry.Limit{Name: "callbacks", Used: inUse(d.underWay), Max: maxUnderWay},
		telemetry.Limit{Name: "large-callback-bytes", Used: d.room.taken.Load, Max: roomForLarge},
		telemetry.Limit{Name: "account-lookups", Used: inUse(d.accounts.lookUps), Max: maxLookUps},
		telemetry.Limit{Name: "new-account-lookups", Used: inUse(d.accounts.firsts), Max: maxLookUps},
		telemetry.Limit{Name: "streams-of-a-token", Used: a.hub.mostOfAToken, Max: streamsPerToken},
		telemetry.Limit{Name: "requests-of-a-token", Used: a.places.most, Max: requestsPerToken},
		telemetry.Limit{Name: "wrong-tokens-of-a-network", Used: a.tries.wrongTokens, Max: triesAtOnce},
		telemetry.Limit{Name: "wrong-ids-of-a-token", Used: a.tries.wrongIDs, Max: guessesAtOnce},
	)
	if err != nil {
		a.cfg.Log.Error("limits are not measured", "error", err)
	}
}
