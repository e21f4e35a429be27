package routing

// UnknownError says that a part of the set-up points to something that there is not, or not any more.
type UnknownError struct {
	Field string // such as fallback_queue_id
}

// Error implements error.
func (e *UnknownError) Error() string {
	return "routing: " + e.Field + " points to nothing that there is"
}
