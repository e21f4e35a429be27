package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"wxdesk/internal/config"
)

type accountValidateCmd struct {
	ID string `arg:"" help:"The account's id."`
}

// Run tries out an account and prints a line for each step. It fails if a step does.
func (c accountValidateCmd) Run(ctx context.Context, p Process) error {
	var found struct {
		OK    bool
		Steps []struct {
			Name, Message string
			OK            bool
		}
	}
	if err := readAPI(ctx, p, http.MethodPost, "/v1/accounts/"+c.ID+"/validate", &found); err != nil {
		return err
	}
	for _, step := range found.Steps {
		word := "failed"
		if step.OK {
			word = "ok"
		}
		say(p, "%-6s  %-14s  %s", word, step.Name, step.Message)
	}
	if !found.OK {
		return errReported
	}
	return nil
}

type accountCallbackCmd struct {
	ID string `arg:"" help:"The account's id."`
}

// Run prints what to enter in WeChat's console.
func (c accountCallbackCmd) Run(ctx context.Context, p Process) error {
	var found struct {
		Callback struct {
			URL         string
			IPAllowList []string `json:"ip_allow_list"`
			ModeHint    string   `json:"mode_hint"`
		}
	}
	if err := readAPI(ctx, p, http.MethodGet, "/v1/accounts/"+c.ID, &found); err != nil {
		return err
	}
	addresses := strings.Join(found.Callback.IPAllowList, ", ")
	if addresses == "" {
		addresses = "not known here; " + string(config.EgressIPs) + " says it, and where it does not, `wxdesk account validate` names a refused address"
	}
	say(p, "Server address (URL)  %s", found.Callback.URL)
	say(p, "Encryption method     %s", found.Callback.ModeHint)
	say(p, "IP allow list         %s", addresses)
	return nil
}

// readAPI performs one request of the accounts' API in this process, and reads the answer.
func readAPI(ctx context.Context, p Process, method, target string, into any) error {
	got, err := callAPI(ctx, p, method, target, "")
	if err != nil {
		return err
	}
	if !got.succeeded() {
		return got.show(p)
	}
	return json.Unmarshal(got.body.Bytes(), into)
}
