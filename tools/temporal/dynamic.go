package main

import (
	"fmt"
	"io"

	"go.temporal.io/server/common/dynamicconfig"
)

// dynamicConfig is what --dynamic-config-value says. A value is read as the server reads its own files: an unknown key or a
// value of another type has no effect, is warned about on stderr and does not stop the server.
func dynamicConfig(o options, stderr io.Writer) (dynamicconfig.Client, error) {
	values := dynamicconfig.StaticClient{
		dynamicconfig.EnableServerVersionCheck.Key(): false, // no call leaves this machine
	}
	for name, value := range o.dynamic {
		key := dynamicconfig.MakeKey(name)
		var loader dynamicconfig.YamlLoader
		loader.LoadValue(key, []byte(`[{"value": `+value+`}]`)) // JSON is YAML
		if err := loader.Err(); err != nil {
			return nil, fmt.Errorf("--dynamic-config-value %s: %w", name, err)
		}
		for _, warning := range loader.Warnings {
			fmt.Fprintln(stderr, "temporal: warning: --dynamic-config-value:", warning)
		}
		values[key] = loader.Map[key]
	}
	return values, nil
}
