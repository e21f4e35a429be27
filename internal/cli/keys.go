package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"wxdesk/internal/config"
	"wxdesk/internal/postgres/upkeep"
	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
)

type keysCmd struct {
	Status keysStatusCmd `cmd:"" help:"Count what each master key seals, and say which key is not needed any more."`
	Rotate keysRotateCmd `cmd:"" help:"Seal with the first master key what others have sealed in the database; docs/security.md says when."`
}

type keysStatusCmd struct{}

// Places of Temporal in the table of what keys seal.
const (
	openRuns   = "Temporal: open runs"
	closedRuns = "Temporal: closed runs"
)

// Run looks through the database and through all histories that Temporal keeps. It opens nothing.
func (keysStatusCmd) Run(ctx context.Context, p Process) error {
	cfg, err := settings(p, config.DatabaseURL, config.MasterKeys)
	if err != nil {
		return err
	}
	db, ring, err := openLedger(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer db.close() //nolint:errcheck // nothing is left to be lost
	uses, err := db.upkeep.KeyUses(ctx)
	if err != nil {
		return err
	}
	runs, err := historyKeys(ctx, cfg)
	if err != nil {
		return err
	}
	for key, n := range runs {
		uses = append(uses, upkeep.KeyUse{Place: openRuns, Key: key, Values: n.Open}, upkeep.KeyUse{Place: closedRuns, Key: key, Values: n.Closed})
	}
	if err := printKeyUses(p, ring.IDs(), uses); err != nil {
		return err
	}
	judgeKeys(p, ring, uses)
	return nil
}

func historyKeys(ctx context.Context, cfg config.Config) (map[string]temporalclient.RunsOfKey, error) {
	c, namespace, err := temporalOf(cfg)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return temporalclient.KeyUses(ctx, c, namespace)
}

// printKeyUses is a table: a line for each place, a column for each key, those of the ring first.
func printKeyUses(p Process, keys []string, uses []upkeep.KeyUse) error {
	counts := map[string]map[string]int{}
	for _, u := range uses {
		if counts[u.Place] == nil {
			counts[u.Place] = map[string]int{}
		}
		counts[u.Place][u.Key] += u.Values
		if !slices.Contains(keys, u.Key) {
			keys = append(keys, u.Key)
		}
	}
	table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "SEALED BY")
	for _, key := range keys {
		fmt.Fprintf(table, "\t%s", nameOfKey(key))
	}
	for _, place := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(table, "\n%s", place)
		for _, key := range keys {
			fmt.Fprintf(table, "\t%d", counts[place][key])
		}
	}
	fmt.Fprint(table, "\n\n")
	return table.Flush()
}

// nameOfKey has a name also for what no key can have sealed.
func nameOfKey(id string) string {
	if id == "" {
		return "(damaged)"
	}
	return id
}

// judgeKeys says of each key whether it is needed.
func judgeKeys(p Process, ring *secret.Keyring, uses []upkeep.KeyUse) {
	values, open, closed := map[string]int{}, map[string]int{}, map[string]int{}
	seen := map[string]bool{}
	for _, u := range uses {
		seen[u.Key] = true
		switch u.Place {
		case openRuns:
			open[u.Key] += u.Values
		case closedRuns:
			closed[u.Key] += u.Values
		default:
			values[u.Key] += u.Values
		}
	}
	ids := ring.IDs()
	for _, key := range slices.Concat(ids, slices.DeleteFunc(slices.Sorted(maps.Keys(seen)), func(id string) bool { return slices.Contains(ids, id) })) {
		needed := fmt.Sprintf("by %d values, %d open and %d closed runs", values[key], open[key], closed[key])
		switch {
		case key == ring.Primary():
			say(p, "%s: the first key, seals everything new", key)
		case key == "":
			say(p, "%s: %d values are no sealed values; they open with no key", nameOfKey(key), values[key])
		case !slices.Contains(ids, key):
			say(p, "%s: MISSING from %s, but needed %s, which do not open without it", key, config.MasterKeys, needed)
		case values[key]+open[key]+closed[key] > 0:
			say(p, "%s: still needed %s", key, needed)
		default:
			say(p, "%s: not needed any more, if every process has %s as its first key", key, ring.Primary())
		}
	}
}

type keysRotateCmd struct{}

// Run seals with the first master key what another key has sealed, and prints a row for each place. It may be interrupted, repeated,
// and run while everything works.
func (keysRotateCmd) Run(ctx context.Context, p Process) error {
	return withLedger(ctx, p, func(db *ledger) error {
		done, err := db.upkeep.Reseal(ctx, operator)
		table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "PLACE\tSEALED ANEW\tIN USE\tDO NOT OPEN")
		var busy, unopened int
		for _, r := range done {
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\n", r.Place, r.Changed, r.Busy, r.Unopened)
			busy, unopened = busy+r.Busy, unopened+r.Unopened
		}
		err = errors.Join(err, table.Flush())
		if busy > 0 {
			err = errors.Join(err, fmt.Errorf("%d values were being changed all the time: run this again", busy))
		}
		if unopened > 0 {
			err = errors.Join(err, fmt.Errorf("%d values do not open with these keys and stay as they are; wxdesk keys status names the keys that sealed them", unopened))
		}
		return err
	})
}
