package reconcile

import (
	"fmt"
	"slices"
)

// Compare finds where rows and open runs differ. Of each conversation there is one of both. A run that is still to be told of an
// act may differ until then.
func Compare(rows, open []Report, ask func(string) (Report, error)) (all []Difference) {
	find := func(about, format string, args ...any) {
		all = append(all, Difference{About: about, What: fmt.Sprintf(format, args...)})
	}
	pending := map[string]bool{}
	for _, row := range rows {
		pending[row.WorkflowID] = pending[row.WorkflowID] || row.NoticePending
	}
	of := func(w Report) bool { return pending[w.WorkflowID] }
	rows, open = slices.DeleteFunc(slices.Clone(rows), of), slices.DeleteFunc(slices.Clone(open), of)
	runs := map[string]Report{}
	for _, run := range open {
		if _, twice := runs[run.WorkflowID]; twice {
			find(run.WorkflowID, "two runs are open")
		}
		runs[run.WorkflowID] = run
	}
	for _, row := range rows {
		about := string(row.Conversation)
		run, ok := runs[row.WorkflowID]
		delete(runs, row.WorkflowID)
		if !ok {
			find(about, "it is open, and no run of it is")
			continue
		}
		run.Conversation = row.Conversation
		if run == row {
			continue
		}
		switch asked, err := ask(row.WorkflowID); {
		case err != nil:
			find(about, "the ledger says %s, the run's attributes say %s, and the run does not answer", stand(row), stand(run))
		case asked.Conversation != row.Conversation:
			find(about, "it is open, and the run is of conversation %s", asked.Conversation)
		case asked != row:
			find(about, "the ledger says %s, the run says %s", stand(row), stand(asked))
		}
	}
	for id := range runs {
		find(id, "a run is open, and no conversation of it is")
	}
	return all
}

func stand(w Report) string {
	return fmt.Sprintf("%s/%s/%s/%s", w.State, w.Holder, w.QueueID, w.AgentID)
}
