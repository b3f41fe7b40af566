package org.starling.auth.web;

import java.util.List;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.starling.auth.limit.RateLimits;
import org.starling.auth.visit.CallerResolver;
import org.starling.auth.visit.Visits;

@Configuration(proxyBeanMethods = false)
class WebConfiguration implements WebMvcConfigurer {

    private final RateLimits limits;
    private final Visits visits;

    WebConfiguration(RateLimits limits, Visits visits) {
        this.limits = limits;
        this.visits = visits;
    }

    @Override
    public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
        resolvers.add(new CallerResolver());
        resolvers.add(visits);
    }

    @Override
    public void addInterceptors(InterceptorRegistry interceptors) {
        interceptors.addInterceptor(new AccountLimit(limits)).addPathPatterns(AccountLimit.PATHS);
    }

    @Bean
    FilterRegistrationBean<AddressLimitFilter> addressLimit(ProblemWriter problems) {
        FilterRegistrationBean<AddressLimitFilter> filter =
                new FilterRegistrationBean<>(new AddressLimitFilter(limits, problems));
        filter.setOrder(SecurityFilterProperties.DEFAULT_FILTER_ORDER - 1);
        return filter;
    }
}
