package rules

import (
	"math"
	"slices"
)

// WholeNumbers makes whole numbers of those that JSON wrote without a fraction: conditions tell them from others.
func WholeNumbers(value any) any {
	switch v := value.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = WholeNumbers(list[i])
		}
		return list
	case map[string]any:
		members := make(map[string]any, len(v))
		for name, member := range v {
			members[name] = WholeNumbers(member)
		}
		return members
	}
	return value
}
