package org.starling.auth.web;

import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import org.springdoc.core.utils.SpringDocUtils;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.starling.auth.hub.HubAccount;

/** What {@code GET /v3/api-docs} says of the API besides its endpoints. */
@Configuration(proxyBeanMethods = false)
class ApiDescription {

    private static final String TOKEN = "huggingFaceToken";

    static {
        // Not a parameter of the request: the person who calls.
        SpringDocUtils.getConfig().addRequestWrapperToIgnore(HubAccount.class);
    }

    @Bean
    OpenAPI api() {
        return new OpenAPI()
                .info(new Info()
                        .title("Starling auth service")
                        .version("v1")
                        .description("Who may take part in a run, and what its authority orders. Errors are problem"
                                + " details (RFC 9457)."))
                .components(new Components()
                        .addSecuritySchemes(
                                TOKEN,
                                new SecurityScheme()
                                        .type(SecurityScheme.Type.HTTP)
                                        .scheme("bearer")
                                        .description("A Hugging Face user access token; role read is enough")))
                .addSecurityItem(new SecurityRequirement().addList(TOKEN));
    }
}
