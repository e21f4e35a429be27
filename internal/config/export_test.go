package config

// Distance is distance, for its own test.
var Distance = distance
