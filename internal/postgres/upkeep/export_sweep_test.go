package upkeep

// Owing is the statement that finds conversations which have owed something for long.
const Owing = owing
