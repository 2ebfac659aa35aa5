package events

import "time"

// clockSkew is how much the clocks of the API and of this server may differ.
const clockSkew = 5 * time.Minute
