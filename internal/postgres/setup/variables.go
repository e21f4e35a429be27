package setup

import (
	"encoding/json"
	"fmt"

	"wxdesk/internal/routing"
)

// Variables decodes the context variables that a workstream declares.
func Variables(encoded []byte) (list []routing.Variable, err error) {
	if err := json.Unmarshal(encoded, &list); err != nil {
		return nil, fmt.Errorf("context variables of a workstream: %w", err)
	}
	return list, nil
}
