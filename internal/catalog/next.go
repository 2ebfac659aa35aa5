package catalog

// Next is something that the agent may do after a call.
type Next struct {
	// Do says what, for a reader.
	Do string `json:"do"`
	// Tool is the tool to call; "" where a person must act.
	Tool string `json:"tool"`
	// Args are the arguments that are known.
	Args map[string]any `json:"args"`
	// Needs are the arguments that only a person knows, such as a code.
	Needs []string `json:"needs"`
}
