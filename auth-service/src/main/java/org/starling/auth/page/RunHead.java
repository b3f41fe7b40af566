package org.starling.auth.page;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.ModelAndView;
import org.starling.auth.visit.Visit;
import org.starling.auth.visit.Visits;

/** Gives every page of a run what its head shows. */
final class RunHead implements HandlerInterceptor {

    @Override
    public void postHandle(
            HttpServletRequest request, HttpServletResponse response, Object handler, @Nullable ModelAndView page) {
        if (page != null && request.getAttribute(Visits.VISIT) instanceof Visit visit) {
            page.addObject("run", RunView.of(visit.run(), visit.visitor()));
        }
    }
}
