package routing

// UnknownError says that a part of the set-up refers to something that does not exist, or no longer exists.
type UnknownError struct {
	Field string // such as fallback_queue_id
}

// Error implements error.
func (e *UnknownError) Error() string {
	return "routing: " + e.Field + " points to nothing that there is"
}
