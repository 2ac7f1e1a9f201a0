// The questions people ask most, each as an operation that is ready to run.

const companyYears = (name, fields) => `# Of a company's years, those from a first to a last.
query ${name}($company: ID!, $from: Int, $to: Int) {
  company(id: $company) {
    name
    years(from: $from, to: $to) {
      year
      ${fields}
    }
  }
}
`;

const genreYears = (name, fields) => `# Of a genre's years, those from a first to a last.
query ${name}($genre: ID!, $from: Int, $to: Int) {
  genre(id: $genre) {
    name
    years(from: $from, to: $to) {
      year
      ${fields}
    }
  }
}
`;

const company = { company: '3', from: 1990, to: 2020 };
const genre = { genre: '18', from: 1990, to: 2020 };
const known = 'movieCount';

/** Groups of questions: a title each, and what is asked. */
export const groups = [
  {
    title: 'A company by year',
    questions: [
      { title: 'Budget', query: companyYears('CompanyBudget', `${known}\n      budget`), variables: company },
      { title: 'Revenue', query: companyYears('CompanyRevenue', `${known}\n      revenue`), variables: company },
      { title: 'Profit', query: companyYears('CompanyProfit', `${known}\n      budget\n      revenue\n      profit`), variables: company },
      {
        title: 'Releases by genre',
        query: companyYears('CompanyReleasesByGenre',
          `${known}\n      releasesByGenre {\n        movieCount\n        genre {\n          name\n        }\n      }`),
        variables: company,
      },
      { title: 'Average popularity', query: companyYears('CompanyPopularity', `${known}\n      averagePopularity`), variables: company },
    ],
  },
  {
    title: 'Genres by year',
    questions: [
      {
        title: 'Most popular genre of each year',
        query: `# The genre of the highest average popularity, among those with enough movies in the year.
query PopularGenres($from: Int, $to: Int, $minMovies: Int! = 1) {
  popularGenres(from: $from, to: $to, by: AVERAGE, minMovies: $minMovies) {
    year
    genre {
      name
    }
    averagePopularity
    movieCount
  }
}
`,
        variables: { from: 1990, to: 2020, minMovies: 1 },
      },
      { title: 'Budget of a genre', query: genreYears('GenreBudget', `${known}\n      budget`), variables: genre },
      { title: 'Revenue of a genre', query: genreYears('GenreRevenue', `${known}\n      revenue`), variables: genre },
      { title: 'Profit of a genre', query: genreYears('GenreProfit', `${known}\n      budget\n      revenue\n      profit`), variables: genre },
    ],
  },
  {
    title: 'To find ids by',
    questions: [
      {
        title: 'Companies with most movies',
        query: `query Companies($first: Int, $after: String) {
  companies(first: $first, after: $after, orderBy: [{ field: MOVIE_COUNT, direction: DESC }]) {
    nodes {
      id
      name
      movieCount
    }
    pageInfo {
      endCursor
      hasNextPage
    }
  }
}
`,
        variables: { first: 20, after: null },
      },
      {
        title: 'Genres',
        query: `query Genres {
  genres {
    id
    name
    movieCount
  }
}
`,
        variables: {},
      },
    ],
  },
];
