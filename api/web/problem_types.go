package web

import "github.com/danielgtaylor/huma/v2"

// ProblemKinds returns all types of problems, so that the API's description names each of them.
func ProblemKinds() []ProblemKind {
	return []ProblemKind{
		AlreadyDelivered, AtCapacity, BadID, BadIdempotencyKey, BadMediaType, BadMethod, BadRequest, BadTarget, BadText, Busy,
		ChangedMeanwhile, ConversationClosed, Exists, Forbidden, ForeignOrigin, InUse, Internal, Invalid, KeyReused, LastAdministrator,
		LinkRefused, NoPresence, NoReplyAllowance, NoReplyWindow, NoSkill, NoSuchSkill, NoVariable, NotAllowed, NotFound, NotYours,
		OfferOver, Overloaded, PasswordNeeded, RefusedByWeChat, SecretUnavailable, SignInRefused, StaleVersion, TooLarge, TooMany,
		TooManyRequests, TooManyStreams, TooManyTries, TwoCredentials, Unauthenticated, Unavailable, WrongState,
	}
}

// TransformSchema implements huma.SchemaTransformer: the type of a problem is one of those that there are, so that a client
// which is generated from the description has a sentence for each.
func (Problem) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	kinds := ProblemKinds()
	types := make([]any, len(kinds))
	for i, k := range kinds {
		types[i] = problemType + string(k)
	}
	s.Properties["type"].Enum = types
	return s
}
