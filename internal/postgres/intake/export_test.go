package intake

// ClaimSpooled are the statements of a claim, one after the other.
func ClaimSpooled() []string {
	return []string{claimSpooled(oldestSpooled), claimSpooled(spooledByConversation)}
}
