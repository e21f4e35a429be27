// Package worker is the one list of what a worker process performs.
package worker

import (
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/sysinfo"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/workflows"
)

// stopPatience is how long a stopping worker lets activities finish.
const stopPatience = 10 * time.Second

// Worker performs conversations and their activities, each kind on its own task queue.
type Worker struct{ parts []sdkworker.Worker }

// New makes a worker. onFatal hears of an error after which it performs nothing any more.
func New(c client.Client, acts *activities.Activities, onFatal func(error)) *Worker {
	conversations := sdkworker.New(c, workflows.TaskQueue, options(onFatal))
	RegisterWorkflows(conversations)
	for _, act := range []any{
		acts.Receive, acts.Route, acts.Command, acts.Due, acts.Close, acts.AgentGone, acts.AgentDay, acts.Sweep,
	} {
		conversations.RegisterActivity(act)
	}
	bot := sdkworker.New(c, activities.TaskQueueBot, activityOnly(onFatal))
	bot.RegisterActivity(acts.Ask)
	egress := sdkworker.New(c, activities.TaskQueueEgress, activityOnly(onFatal))
	egress.RegisterActivity(acts.Send)
	return &Worker{parts: []sdkworker.Worker{conversations, bot, egress}}
}

// Registry is what workflows are registered with; a worker or a replayer.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// RegisterWorkflows registers the workflows under their names, which stay though a function may be renamed.
func RegisterWorkflows(r Registry) {
	r.RegisterWorkflowWithOptions(workflows.Conversation, workflow.RegisterOptions{Name: workflows.Name})
	r.RegisterWorkflowWithOptions(workflows.Agent, workflow.RegisterOptions{Name: workflows.AgentName})
	r.RegisterWorkflowWithOptions(workflows.Sweep, workflow.RegisterOptions{Name: workflows.SweepName})
}

// Start begins to poll. Where one part cannot start, those before it are stopped.
func (w *Worker) Start() error {
	for i, part := range w.parts {
		if err := part.Start(); err != nil {
			for _, started := range w.parts[:i] {
				started.Stop()
			}
			return err
		}
	}
	return nil
}

// Stop ends polling and lets what runs finish for a while.
func (w *Worker) Stop() {
	var stopping sync.WaitGroup
	for _, part := range w.parts {
		stopping.Go(part.Stop)
	}
	stopping.Wait()
}

func options(onFatal func(error)) sdkworker.Options {
	return sdkworker.Options{
		WorkerStopTimeout:            stopPatience,
		StickyScheduleToStartTimeout: 2 * time.Second,
		DisableRegistrationAliasing:  true,
		SysInfoProvider:              sysinfo.SysInfoProvider(),
		OnFatalError:                 onFatal,
	}
}

func activityOnly(onFatal func(error)) sdkworker.Options {
	o := options(onFatal)
	o.DisableWorkflowWorker = true
	return o
}
