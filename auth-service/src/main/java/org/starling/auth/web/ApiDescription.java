package org.starling.auth.web;

import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.parameters.PathParameter;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import java.util.regex.Pattern;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springdoc.core.utils.SpringDocUtils;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.starling.auth.hub.HubAccount;
import org.starling.auth.visit.OfficialVisit;
import org.starling.auth.visit.PersonalVisit;
import org.starling.auth.visit.ServiceVisit;
import org.starling.auth.visit.Visit;

/** What {@code GET /v3/api-docs} says of the API besides its endpoints. */
@Configuration(proxyBeanMethods = false)
class ApiDescription {

    private static final String TOKEN = "huggingFaceToken";

    private static final Pattern VARIABLE = Pattern.compile("\\{([A-Za-z]+)}");

    static {
        // Not parameters of the request: the person who calls, and where to.
        SpringDocUtils.getConfig()
                .addRequestWrapperToIgnore(
                        HubAccount.class, Visit.class, PersonalVisit.class, OfficialVisit.class, ServiceVisit.class);
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

    /** Parts of the path that no method takes by themselves. */
    @Bean
    OpenApiCustomizer pathParameters() {
        return api -> api.getPaths()
                .forEach((path, item) -> item.readOperations()
                        .forEach(operation -> VARIABLE.matcher(path)
                                .results()
                                .map(variable -> variable.group(1))
                                .filter(name -> operation.getParameters() == null
                                        || operation.getParameters().stream()
                                                .noneMatch(each -> name.equals(each.getName())))
                                .forEach(name -> operation.addParametersItem(
                                        new PathParameter().name(name).schema(new StringSchema())))));
    }
}
