package guard

// tellTemplateDelete tells what goes with deleteSubmitted and without.
func tellTemplateDelete(c *Call, _ seen) string {
	if c.Args["deleteSubmitted"] == true {
		return "deleteSubmitted is true: the template that was submitted to Meta is deleted too, messages can no longer be sent with it, and its name and language can't be used again for 30 days."
	}
	return "deleteSubmitted is false: only the draft goes; a template that was already submitted to Meta stays, and the API refuses to delete it."
}
