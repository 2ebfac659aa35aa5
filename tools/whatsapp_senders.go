package tools

import "papi-mcp/internal/catalog"

var verifyWhatsappSender = catalog.Step{Do: "ask the person for the code that arrived, and hand it in", Tool: "whatsapp_sender_verify", Needs: []string{"code"}}

// verifyKnownNumber follows a register that sent no code.
var verifyKnownNumber = catalog.Step{Do: "no code was sent, since Meta knows the number: verify without one", Tool: "whatsapp_sender_verify"}
