package resource

// Tables of the set-up, and which of their rows there still are.
const (
	LiveQueues          = `queues where deleted_at is null`
	LiveWorkstreams     = `workstreams where deleted_at is null`
	LiveAgents          = `agents where deleted_at is null`
	LiveHours           = `operating_hours where true`
	LiveSkills          = `skills where true`
	LiveProfiles        = `capacity_profiles where true`
	LiveCustomPresences = `custom_presences where true`
)
