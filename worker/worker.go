// Package worker is the one list of what a worker process performs.
package worker

import (
	"runtime/debug"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/sysinfo"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/workflows"
)

const (
	// stopPatience is how long a stopping worker lets activities finish.
	stopPatience = 10 * time.Second
	// pollers is how many tasks of each kind a process asks for at the same time. A task that nobody asks for at that moment the
	// server writes down and reads again, which costs it more than to hand it over. The SDK's 2 are fewer than the 4 partitions
	// that a task queue has by default; more than 5 gained nothing (docs/performance.md).
	pollers = 5
	// blockedTime is how long workflow code may run without yielding until it counts as blocked, which fails its task. It never waits
	// outside the SDK, but on a starved machine it may get no processor for longer than the SDK's second.
	blockedTime = 10 * time.Second

	// waitingRun is about what a run that waits takes of a worker's memory, in bytes: one that has answered once takes 140 KB
	// (BenchmarkOpen_manyConversations), one in which more was said more.
	waitingRun = 200 << 10
	// A worker keeps at least fewestRuns of them, and at most mostRuns, which is the SDK's default.
	fewestRuns, mostRuns = 100, 10_000
)

// Worker performs conversations and their activities, each kind on its own task queue.
type Worker struct {
	parts []sdkworker.Worker
	acts  *activities.Activities
}

// New makes a worker. Where version is not empty, a conversation that this worker begins stays with workers of the same
// version until it continues as new. onFatal hears of an error after which it performs nothing any more.
//
// All workers together send at most sendsPerSecond messages to WeChat each second: the ledger's permits count (R16). Temporal's
// limit of the queue, which direct sends go around, is an upper bound.
//
// Runs that wait take at most half of the memory that the process may use by its limit (GOMEMLIMIT, or nine tenths of the container's).
// One that is not in memory is read from its history when something happens in it.
func New(c client.Client, acts *activities.Activities, version string, sendsPerSecond int, onFatal func(error)) *Worker {
	sdkworker.SetStickyWorkflowCacheSize(runsInMemory(debug.SetMemoryLimit(-1)))
	conversations := sdkworker.New(c, workflows.TaskQueue, options(version, onFatal))
	RegisterWorkflows(conversations)
	for _, act := range []any{
		acts.Receive, acts.ReadSituation, acts.Ask, acts.Route, acts.Send, acts.Due, acts.Close, acts.Sweep,
	} {
		conversations.RegisterActivity(act)
	}
	bot := sdkworker.New(c, activities.TaskQueueBot, activityOnly(version, onFatal))
	bot.RegisterActivity(acts.Ask)
	limited := activityOnly(version, onFatal)
	limited.TaskQueueActivitiesPerSecond = float64(sendsPerSecond)
	egress := sdkworker.New(c, activities.TaskQueueEgress, limited)
	egress.RegisterActivity(acts.Send)
	return &Worker{parts: []sdkworker.Worker{conversations, bot, egress}, acts: acts}
}

// runsInMemory is how many waiting runs a process keeps that may use so many bytes.
func runsInMemory(bytes int64) int { return int(min(max(bytes/2/waitingRun, fewestRuns), mostRuns)) }

// Registry is what workflows are registered with; a worker or a replayer.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// RegisterWorkflows registers the workflows under their names, which stay though a function may be renamed. Where workers
// have versions, a run is pinned to the one that it began under; otherwise the word means nothing.
func RegisterWorkflows(r Registry) {
	register := func(name string, w any) {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name, VersioningBehavior: workflow.VersioningBehaviorPinned})
	}
	register(workflows.Name, workflows.Conversation)
	register(workflows.SweepName, workflows.Sweep)
}

// Start begins to poll. If one part cannot start, those before it are stopped.
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

// Stop ends polling and lets what runs finish for a while, sends in the background too.
func (w *Worker) Stop() {
	var stopping sync.WaitGroup
	for _, part := range w.parts {
		stopping.Go(part.Stop)
	}
	stopping.Wait()
	activities.Finish(w.acts)
}

func options(version string, onFatal func(error)) sdkworker.Options {
	o := sdkworker.Options{
		WorkerStopTimeout:                stopPatience,
		MaxConcurrentWorkflowTaskPollers: pollers,
		MaxConcurrentActivityTaskPollers: pollers,
		StickyScheduleToStartTimeout:     2 * time.Second,
		DeadlockDetectionTimeout:         blockedTime,
		DisableRegistrationAliasing:      true,
		SysInfoProvider:                  sysinfo.SysInfoProvider(),
		OnFatalError:                     onFatal,
	}
	if version != "" {
		o.DeploymentOptions = sdkworker.DeploymentOptions{
			UseVersioning: true,
			Version:       sdkworker.WorkerDeploymentVersion{DeploymentName: workflows.Deployment, BuildID: version},
		}
	}
	return o
}

func activityOnly(version string, onFatal func(error)) sdkworker.Options {
	o := options(version, onFatal)
	o.DisableWorkflowWorker = true
	return o
}
