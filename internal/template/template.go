// Package template knows the forms of a WhatsApp template: the arguments of
// whatsapp_template_create, what whatsapp_template_get answers ([FromAnswer],
// [FromLive]), and the JSON of Meta's Graph API ([Templates], [FromMeta]). It reads
// nothing from the API, changes no value that it is given, and panics on none; whether a
// template is valid is for package lint to say.
package template
