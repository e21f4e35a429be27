package routing

// closeness says how near an agent comes to the skills that an item needs (SKL-3). The numbers are compared in order, and the
// smaller is nearer: how many skills the agent lacks or has at a lower rating; by how much; and whether the agent has more skills
// than are needed, because agents with just the needed ones go first. If no skill is needed, all three are 0.
func (c *Candidate) closeness(needed []NeededSkill) (missing, short, more int) {
	for _, n := range needed {
		if rating := c.Skills[n.SkillID]; rating < n.Rating {
			missing++
			short += n.Rating - rating
		}
	}
	if missing == 0 && len(needed) > 0 && len(c.Skills) > len(needed) {
		more = 1
	}
	return missing, short, more
}

// proficiency adds up the agent's ratings in the needed skills.
func (c *Candidate) proficiency(needed []NeededSkill) (sum int) {
	for _, n := range needed {
		sum += c.Skills[n.SkillID]
	}
	return sum
}

// distance adds up how far the agent's ratings are from the needed ones, above or below.
func (c *Candidate) distance(needed []NeededSkill) (sum int) {
	for _, n := range needed {
		d := c.Skills[n.SkillID] - n.Rating
		sum += max(d, -d)
	}
	return sum
}

// skillCount is how many of the needed skills the agent has, at whatever rating.
func (c *Candidate) skillCount(needed []NeededSkill) (count int) {
	for _, n := range needed {
		if _, ok := c.Skills[n.SkillID]; ok {
			count++
		}
	}
	return count
}
